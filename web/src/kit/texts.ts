import type { Language, Load, Texts } from './i18n';
import { textsOf } from './i18n';
import type { Kit } from './text.en';

/** The texts of the kit itself. */
export const useKit = textsOf<Kit>('kit');

/** Adds the kit's texts to those of a face. */
export function withKit(load: (language: Language) => Promise<Record<string, Texts>>): Load {
  return async language => {
    const [kit, own] = await Promise.all([
      language === 'fr' ? import('./text.fr').then(m => m.fr) : import('./text.en').then(m => m.en),
      load(language),
    ]);
    return { kit: kit as Texts, ...own };
  };
}
