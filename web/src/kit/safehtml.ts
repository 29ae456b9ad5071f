import DOMPurify from 'dompurify';
import { Marked } from 'marked';

const marked = new Marked({ gfm: true, breaks: false, async: false });

const tags = [
  'a',
  'b',
  'blockquote',
  'br',
  'code',
  'dd',
  'del',
  'dl',
  'dt',
  'em',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'i',
  'img',
  'kbd',
  'li',
  'ol',
  'p',
  'pre',
  's',
  'span',
  'strong',
  'sub',
  'sup',
  'table',
  'tbody',
  'td',
  'th',
  'thead',
  'tr',
  'u',
  'ul',
];

const purifier = DOMPurify(window);
purifier.addHook('afterSanitizeAttributes', node => {
  if (node.tagName === 'IMG' && /^https?:/i.test(node.getAttribute('src') ?? '')) {
    // the page shows no pictures of other sites: they would tell these who reads it
    if (!node.getAttribute('alt')) node.setAttribute('alt', node.getAttribute('src') ?? '');
    node.removeAttribute('src');
  }
  if (node.tagName !== 'A' || !node.hasAttribute('href')) return;
  if (/^(https?:|mailto:)/i.test(node.getAttribute('href') ?? '')) {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer nofollow');
  }
});

/**
 * Takes handlers and styles out of tags before anything parses them: the parser
 * would report each to the page's Content-Security-Policy. What keeps the page
 * safe is the purifier behind it.
 */
const quiet = (html: string) =>
  html.replace(/<[a-z][^>]*>/gi, tag => tag.replace(/([\s"'/])(on\w+|style|srcdoc)(?=\s*=)/gi, '$1data-removed'));

/** Turns Markdown or HTML that anybody may have written into HTML that is safe to show. */
export function safeHTML(text: string): string {
  return purifier.sanitize(quiet(marked.parse(text) as string), {
    ALLOWED_TAGS: tags,
    ALLOWED_ATTR: ['href', 'title', 'alt', 'src', 'colspan', 'rowspan', 'align', 'lang', 'start'],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#|\/(?!\/)|data:image\/(?:png|jpeg|gif|webp);)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}
