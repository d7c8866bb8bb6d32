import { escapeMarkdown } from 'discord.js'

/** Begins of links under other names, and of Discord's own signs: mentions, emoji, times, places. */
const signs = /\[|<(?=[@#:/]|a:|t:|id:|https?:)/giu
/** Turn the order of what follows around. */
const turns = /[\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text from anybody as it reads where he wrote it, for within a line: without the effect of markdown,
 * of links that stand under other names, and of mentions.
 */
export function asWritten(text: string): string {
  return escapeMarkdown(text.replaceAll(turns, '')).replaceAll(signs, '\\$&')
}
