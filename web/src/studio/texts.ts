import { type Texts, textsOf } from '../kit/i18n';
import { withKit } from '../kit/texts';
import type { Studio } from './text/en';

export const useTexts = textsOf<Studio>('studio');

export const texts = withKit(async language => ({
  studio: (language === 'fr' ? (await import('./text/fr')).fr : (await import('./text/en')).en) as Texts,
}));
