export const apis = {
  title: 'APIs',
  hint: 'An API puts a web service behind the gateway, with keys, limits and policies.',
  add: 'Add API',
  name: 'Name',
  suffix: 'URL suffix',
  service: 'Web service URL',
  version: 'Version',
  empty: { title: 'No APIs yet', text: 'Add one by hand, from an OpenAPI document, or from a web service that Studio published.' },
  noMatch: { title: 'No API matches', text: 'Another word may find it, or clear the filter.' },
};
