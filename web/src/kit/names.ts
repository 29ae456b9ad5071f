// Names in addresses.

/** A path with its names escaped: path`/apis/${id}/operations/${operation}`. */
export function path(parts: TemplateStringsArray, ...names: string[]): string {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(names[i - 1] ?? '') + part);
}

/** A name for a new resource, made of what it is called: "Ünlimited Plan" is unlimited-plan. */
export function idFrom(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 70);
}
