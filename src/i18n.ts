import { createInstance, type TFunction } from 'i18next'

import { en, type Texts } from './texts/en.ts'
import { zhCN } from './texts/zh-CN.ts'

export type Locale = 'en' | 'zh-CN'

export const texts: Record<Locale, Texts> = { en, 'zh-CN': zhCN }

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

/** Says a text by its key, e.g. `t('hint.busy')`, with its `{{names}}` filled in. */
export type Translate = TFunction

/** Answers the texts of a language. */
export type Translations = (locale: Locale) => Translate

/** Values are put in as they are: Discord is no HTML page, and mentions are switched off elsewhere. */
export function createTranslations(): Translations {
  const i18n = createInstance({
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCN } },
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
    initAsync: false,
  })
  // With resources at hand and initAsync off, init has done its work when it returns.
  void i18n.init()
  const translate = { en: i18n.getFixedT('en'), 'zh-CN': i18n.getFixedT('zh-CN') }
  return (locale) => translate[locale]
}

/** The language of an interface set to `tag`, a Discord or BCP 47 locale. */
export function toLocale(tag: string | null | undefined): Locale {
  return tag?.toLowerCase().startsWith('zh') === true ? 'zh-CN' : 'en'
}

const hanCharacter = /\p{Script=Han}/u
/** Japanese and Korean, which may hold Chinese characters as well. */
const otherScript = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const latinLetters = /\p{Script=Latin}{2}/u

/** The language that a text is written in, or null where it shows none of ours. */
export function localeOfText(text: string): Locale | null {
  if (otherScript.test(text)) return null
  if (hanCharacter.test(text)) return 'zh-CN'
  return latinLetters.test(text) ? 'en' : null
}
