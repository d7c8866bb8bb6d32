import { DiscordAPIError, HTTPError, RESTJSONErrorCodes } from 'discord.js'

const placeIsLost: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.MissingAccess,
  RESTJSONErrorCodes.MissingPermissions,
  RESTJSONErrorCodes.CannotSendMessagesToThisUser,
  RESTJSONErrorCodes.CannotSendMessagesInNonTextChannel,
  RESTJSONErrorCodes.ThreadLocked,
])

const interactionIsOver: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
])

const filesAreRefused: ReadonlySet<number | string> = new Set([
  RESTJSONErrorCodes.RequestEntityTooLarge,
  RESTJSONErrorCodes.MissingPermissions,
])

/** The bot can say nothing more in this place: it is gone, or closed to the bot. */
export function isPlaceLost(error: unknown): boolean {
  return error instanceof DiscordAPIError && placeIsLost.has(error.code)
}

/** The interaction was not answered in time, or its fifteen minutes are over. */
export function isInteractionOver(error: unknown): boolean {
  return error instanceof DiscordAPIError && interactionIsOver.has(error.code)
}

/** The interaction has had its first response. */
export function isAcknowledgedAlready(error: unknown): boolean {
  return (
    error instanceof DiscordAPIError &&
    error.code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged
  )
}

/** The bot may speak here, but not below another message. */
export function isReplyForbidden(error: unknown): boolean {
  return (
    error instanceof DiscordAPIError &&
    error.code === RESTJSONErrorCodes.CannotReplyWithoutPermissionToReadMessageHistory
  )
}

/** The message was deleted in the meantime. */
export function isMessageGone(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownMessage
}

/** What was sent along is more than Discord takes here, or is forbidden to the bot. */
export function areFilesRefused(error: unknown): boolean {
  if (error instanceof HTTPError) return error.status === 413
  return (
    error instanceof DiscordAPIError && (error.status === 413 || filesAreRefused.has(error.code))
  )
}
