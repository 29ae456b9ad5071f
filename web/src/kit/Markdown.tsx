import { useQuery } from '@tanstack/react-query';

/**
 * Shows Markdown, or the HTML of which the management API's descriptions may
 * consist, with everything taken out that runs or that leaves the page's style:
 * scripts, handlers, styles, forms, frames, and addresses that are no http,
 * https or mailto.
 */
export function Markdown({ text }: { text: string }) {
  const html = useQuery({
    queryKey: ['markdown', text],
    queryFn: async () => (await import('./safehtml')).safeHTML(text),
    enabled: text !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (text === '') return null;
  if (html.data === undefined)
    return (
      <div className="markdown" style={{ whiteSpace: 'pre-wrap' }}>
        {text}
      </div>
    );
  // biome-ignore lint/security/noDangerouslySetInnerHtml: safeHTML made it
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html.data }} />;
}
