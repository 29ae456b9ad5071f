import i18next, { type i18n, type TOptions } from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';

// Texts are typed by the English ones: a French file that lacks one, or has one
// too many, does not compile.

export const languages = { en: 'English', fr: 'Français' } as const;
export type Language = keyof typeof languages;

/** A face's texts, nested; plural forms are name_one, name_other (and name_many in French). */
export interface Texts {
  [name: string]: string | Texts;
}

/** The shape of a translation of T. */
export type Translation<T> = { [K in keyof T]: T[K] extends string ? string : Translation<T[K]> } & {
  [K in keyof T as K extends `${infer N}_other` ? `${N}_many` : never]?: string;
};

type Plural<K extends string> = K extends `${infer N}_${'one' | 'other' | 'many'}` ? N : K;
/** The dotted names of the texts in T. */
export type Key<T> = {
  [K in keyof T & string]: T[K] extends string ? Plural<K> : `${K}.${Key<T[K]>}`;
}[keyof T & string];

export type Translate<T> = (key: Key<T>, options?: TOptions) => string;

const stored = 'portico.language';

/** The language that was chosen here before, else the browser's, else English. */
export function preferredLanguage(): Language {
  const choices = [localStorage.getItem(stored), ...navigator.languages];
  for (const choice of choices) {
    const short = choice?.slice(0, 2).toLowerCase();
    if (short && short in languages) return short as Language;
  }
  return 'en';
}

export type Load = (language: Language) => Promise<Record<string, Texts>>;

/** Starts translating; load gives the texts of a language by namespace. */
export async function startTranslating(load: Load): Promise<i18n> {
  const language = preferredLanguage();
  const instance = i18next.createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    resources: { [language]: await load(language) },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  document.documentElement.lang = language;
  return instance;
}

/** Switches to a language and remembers it. */
export async function changeLanguage(instance: i18n, load: Load, language: Language) {
  for (const [namespace, texts] of Object.entries(await load(language))) instance.addResourceBundle(language, namespace, texts);
  localStorage.setItem(stored, language);
  document.documentElement.lang = language;
  await instance.changeLanguage(language);
}

/** Makes the hook that gives a namespace's texts. */
export function textsOf<T>(namespace: string) {
  return function useTexts(): Translate<T> {
    return useTranslation(namespace).t as unknown as Translate<T>;
  };
}

/** The language that is shown, for Intl. */
export function useLanguage(): Language {
  return useTranslation().i18n.language as Language;
}
