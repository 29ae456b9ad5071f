/** Puts an element at the end of a section of a policy document; the section is made where there is none. */
export function appendTo(document: string, section: string, element: string): string {
  const empty = new RegExp(`<${section}\\s*/>`);
  if (empty.test(document)) return document.replace(empty, () => `<${section}>\n${element}    </${section}>`);
  const end = document.indexOf(`</${section}>`);
  if (end >= 0) {
    const line = document.lastIndexOf('\n', end) + 1;
    const onItsOwn = document.slice(line, end).trim() === '';
    return onItsOwn
      ? document.slice(0, line) + element + document.slice(line)
      : `${document.slice(0, end)}\n${element}    ${document.slice(end)}`;
  }
  const root = document.lastIndexOf('</policies>');
  return `${document.slice(0, root)}    <${section}>\n        <base />\n${element}    </${section}>\n${document.slice(root)}`;
}
