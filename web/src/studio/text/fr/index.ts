import type { Translation } from '../../../kit/i18n';
import type { Studio } from '../en';
import { editor } from './editor';
import { lists } from './lists';
import { services } from './services';
import { visualize } from './visualize';

export const fr: Translation<Studio> = {
  frame: {
    studio: 'Studio',
    publisher: 'Portail des éditeurs',
    pages: { home: 'Accueil', experiments: 'Expériences', datasets: 'Jeux de données', services: 'Services web', jobs: 'Travaux par lots' },
  },
  ...lists,
  editor,
  visualize,
  services,
};
