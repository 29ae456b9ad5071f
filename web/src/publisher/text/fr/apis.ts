export const apis = {
  title: 'API',
  hint: 'Une API place un service web derrière la passerelle, avec clés, limites et stratégies.',
  add: 'Ajouter une API',
  name: 'Nom',
  suffix: 'Suffixe d’URL',
  service: 'URL du service web',
  version: 'Version',
  empty: {
    title: 'Aucune API pour l’instant',
    text: 'Ajoutez-en une à la main, depuis un document OpenAPI, ou depuis un service web publié par Studio.',
  },
  noMatch: { title: 'Aucune API ne correspond', text: 'Un autre mot la trouvera peut-être, ou effacez le filtre.' },
};
