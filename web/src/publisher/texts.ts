import { type Texts, textsOf } from '../kit/i18n';
import { withKit } from '../kit/texts';
import type { Publisher } from './text/en';

export const useTexts = textsOf<Publisher>('publisher');

export const texts = withKit(async language => ({
  publisher: (language === 'fr' ? (await import('./text/fr')).fr : (await import('./text/en')).en) as Texts,
}));
