import { ActionIcon, Button, Group, Select, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useUndoable } from '../kit/dialogs';
import { Empty, ErrorBox } from '../kit/errors';
import { Icon, type IconName } from '../kit/icons';
import { PageLink } from '../kit/links';
import { Loaded, Panel } from '../kit/page';
import { useMay } from '../kit/session';
import { useKit } from '../kit/texts';
import { link, type Resource, remove, useAll, useChanged } from './arm';

export interface MembersProps {
  title: string;
  hint?: string;
  icon: IconName;
  /** The list of those that are linked. */
  at: string;
  /** The list of those that can be. */
  from: string;
  /** The path of one link. */
  linkAt: (name: string) => string;
  nameOf: (r: Resource<Record<string, string>>) => string;
  pageOf: (name: string) => string;
  addLabel: string;
  emptyTitle: string;
  emptyText: string;
  /** What is said when one is taken out, with Undo beside it. */
  removed: (name: string) => string;
  removeLabel: (name: string) => string;
  /** Those that cannot be taken out. */
  fixed?: (r: Resource<Record<string, string>>) => boolean;
  more?: (r: Resource<Record<string, string>>) => ReactNode;
  changes?: string[];
}

/** What is linked to something: add by choosing, take out with Undo. */
export function Members(props: MembersProps) {
  const kit = useKit();
  const may = useMay()('catalog.write');
  const undoable = useUndoable();
  const changed = useChanged();
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const linked = useAll<Resource<Record<string, string>>>(props.at);
  const candidates = useAll<Resource<Record<string, string>>>(props.from);
  const here = new Set(linked.data?.map(r => r.name));
  const update = () => changed(props.at, ...(props.changes ?? []));
  const run = async (act: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await act();
      await update();
    } catch (failure) {
      setError(failure);
    }
  };
  const put = (name: string) => link(props.linkAt(name));
  const takeOut = (r: Resource<Record<string, string>>) =>
    run(() =>
      undoable(
        props.removed(props.nameOf(r)),
        () => remove(props.linkAt(r.name)),
        () => put(r.name).then(update),
      ),
    );
  return (
    <Panel title={props.title} hint={props.hint}>
      <Stack gap="sm">
        {may && (
          <Group gap="xs" align="flex-end">
            <Select
              w={300}
              searchable
              clearable
              aria-label={props.addLabel}
              placeholder={props.addLabel}
              value={chosen}
              onChange={setChosen}
              data={(candidates.data ?? []).filter(c => !here.has(c.name)).map(c => ({ value: c.name, label: props.nameOf(c) }))}
            />
            <Button
              variant="default"
              disabled={!chosen}
              leftSection={<Icon name="add" size={14} />}
              onClick={() => {
                if (chosen) void run(() => put(chosen));
                setChosen(null);
              }}
            >
              {kit('add')}
            </Button>
          </Group>
        )}
        {error !== undefined && <ErrorBox error={error} />}
        <Loaded query={linked}>
          {all =>
            all.length === 0 ? (
              <Empty icon={props.icon} title={props.emptyTitle}>
                {props.emptyText}
              </Empty>
            ) : (
              <table className="plain-table">
                <tbody>
                  {all.map(r => (
                    <tr key={r.name}>
                      <td>
                        <PageLink to={props.pageOf(r.name)}>{props.nameOf(r)}</PageLink>
                      </td>
                      <td>
                        {props.more ? (
                          props.more(r)
                        ) : (
                          <Text size="xs" c="dimmed">
                            {r.properties.path === undefined ? '' : `/${r.properties.path}`}
                          </Text>
                        )}
                      </td>
                      <td className="end">
                        {may && !props.fixed?.(r) && (
                          <ActionIcon
                            variant="subtle"
                            color="gray"
                            size="sm"
                            aria-label={props.removeLabel(props.nameOf(r))}
                            onClick={() => void takeOut(r)}
                          >
                            <Icon name="close" size={14} />
                          </ActionIcon>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </Stack>
    </Panel>
  );
}
