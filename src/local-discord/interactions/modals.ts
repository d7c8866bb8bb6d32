import { ComponentType } from 'discord-api-types/v10'

import { fieldError } from '../discord-error.ts'
import type { StoredMessage } from '../message-log.ts'
import { walk } from '../messages/component-form.ts'
import type { ModalFieldForm, ModalRequestForm } from './request-form.ts'
import { resolveValues, type Resolver } from './resolve.ts'

export interface OpenModal {
  readonly userId: string
  readonly customId: string
  /** The message from whose component it was opened. */
  readonly source: StoredMessage | null
  /** Checks what was filled in; the answer is what the application gets. */
  fill(given: ModalRequestForm['data']['components'], resolver: Resolver): object[]
}

/** Modals that users have open. */
export interface Modals {
  open(
    id: string,
    modal: Pick<OpenModal, 'userId' | 'customId' | 'source'> & { components: readonly object[] },
  ): void
  /** Undefined when it was not opened for this user. It may be sent again, e.g. after a mistake. */
  find(id: string, userId: string): OpenModal | undefined
}

const maxOpen = 10_000

export function createModals(): Modals {
  const open = new Map<string, OpenModal>()
  return {
    open(id, { components, ...modal }) {
      open.set(id, {
        ...modal,
        fill: (given, resolver) => fill(given, { components, resolver }),
      })
      const oldest = open.size > maxOpen ? open.keys().next().value : undefined
      if (oldest !== undefined) open.delete(oldest)
    },
    find(id, userId) {
      const modal = open.get(id)
      return modal?.userId === userId ? modal : undefined
    },
  }
}

function fill(
  given: ModalRequestForm['data']['components'],
  { components, resolver }: { components: readonly object[]; resolver: Resolver },
): object[] {
  const fields = given.flatMap(({ component, components: inner }) => [
    ...(component ? [component] : []),
    ...(inner ?? []),
  ])
  const answers = new Map<string, object>()
  for (const { value: definition, path } of walk(components)) {
    const customId = definition['custom_id']
    if (typeof customId !== 'string') continue
    const field = fields.find((one) => one.custom_id === customId)
    answers.set(customId, answer(definition, field, { path, resolver }))
  }
  return components.map((component) => wrap(component, answers))
}

/** The modal's own structure with the answers in place of the inputs. */
function wrap(component: object, answers: ReadonlyMap<string, object>): object {
  // modalForm let only rows, labels and text displays pass.
  const {
    type,
    id,
    components,
    component: single,
  } = component as {
    type: ComponentType
    id: number
    components?: { custom_id: string }[]
    component?: { custom_id: string }
  }
  const of = ({ custom_id }: { custom_id: string }) => answers.get(custom_id)
  if (components) return { type, id, components: components.map(of) }
  return single ? { type, id, component: of(single) } : { type, id }
}

function answer(
  definition: Record<string, unknown>,
  field: ModalFieldForm | undefined,
  { path, resolver }: { path: PropertyKey[]; resolver: Resolver },
): object {
  const { type, id, custom_id } = definition
  const refuse = (code: string, message: string) =>
    fieldError(['data', 'components', ...path], { code, message })
  const isRequired = definition['required'] !== false
  const base = { type, id, custom_id }

  if (type === ComponentType.TextInput) {
    const value = String(field?.value ?? '')
    if (isRequired && value === '') throw refuse('BASE_TYPE_REQUIRED', 'This field is required')
    const min = Number(definition['min_length'] ?? 0)
    const max = Number(definition['max_length'] ?? 4000)
    const isFitting = value === '' || (value.length >= min && value.length <= max)
    if (!isFitting)
      throw refuse('BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
    return { ...base, value }
  }
  if (type === ComponentType.Checkbox) return { ...base, value: field?.value === true }
  if (type === ComponentType.RadioGroup) {
    const value = field?.value ?? field?.values?.[0] ?? null
    if (isRequired && value === null) throw refuse('BASE_TYPE_REQUIRED', 'This field is required')
    return { ...base, value }
  }
  const values = field?.values ?? []
  const min = isRequired ? Number(definition['min_values'] ?? 1) : 0
  const max = Number(definition['max_values'] ?? (type === ComponentType.CheckboxGroup ? 10 : 1))
  if (values.length < min || values.length > max)
    throw refuse('BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  if (type === ComponentType.FileUpload)
    return { ...base, values: values.map((value) => resolver.attachment(value, path)) }
  resolveValues(Number(type), values, resolver)
  return { ...base, values }
}
