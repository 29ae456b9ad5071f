import { editor } from './editor';
import { lists } from './lists';
import { services } from './services';
import { visualize } from './visualize';

export const en = {
  frame: {
    studio: 'Studio',
    publisher: 'Publisher portal',
    pages: { home: 'Home', experiments: 'Experiments', datasets: 'Datasets', services: 'Web services', jobs: 'Batch jobs' },
  },
  ...lists,
  editor,
  visualize,
  services,
};
export type Studio = typeof en;
