import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Icon } from '../../kit/icons';
import { usePathNames } from '../../kit/links';
import { Loaded, Page } from '../../kit/page';
import { type Experiment, get, inStudio, type Module, path } from '../api';
import { Modules } from '../graph/model';
import { useTexts } from '../texts';
import { Visualize } from '../visualize/Visualize';

/** What a module gave on a port, visualized. */
export function Output() {
  const t = useTexts();
  const { experiment = '', node = '', port = '' } = usePathNames();
  const query = useQuery({
    queryKey: ['experiment', 'of output', experiment],
    queryFn: async () => {
      const [x, modules] = await Promise.all([get<Experiment>(path`/experiments/${experiment}`), get<Module[]>('/modules')]);
      const of = x.Graph.ModuleNodes.find(n => n.Id === node);
      return { x, name: (of && new Modules(modules).find(of.ModuleId)?.Name) ?? t('visualize.node', { id: node }) };
    },
  });
  const at = path`/experiments/${experiment}/outputdata/${node}/${port}`;
  return (
    <Loaded query={query}>
      {({ x, name }) => (
        <Page
          wide
          title={t('visualize.title', { port, node: name })}
          crumbs={[
            { label: t('experiments.title'), to: '/experiments' },
            { label: x.Description, to: path`/experiments/${experiment}` },
          ]}
          actions={(['csv', 'tsv'] as const).map(format => (
            <Button
              key={format}
              component="a"
              variant="default"
              href={`${inStudio(at)}?format=${format}`}
              download
              leftSection={<Icon name="download" size={14} />}
            >
              {t('visualize.download')} {t(`visualize.${format}`)}
            </Button>
          ))}
        >
          <Visualize at={`${at}?format=json`} id={`${experiment} ${x.RunId} ${node} ${port}`} />
        </Page>
      )}
    </Loaded>
  );
}
