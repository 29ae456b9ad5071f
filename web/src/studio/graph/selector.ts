// The value of a column selection, as graphs carry it (azureml.md 5.3).

export type RuleType = 'AllColumns' | 'ColumnNames' | 'ColumnIndexes' | 'ColumnTypes';

export interface Rule {
  ruleType: RuleType;
  /** Names, or for ColumnIndexes numbers and ranges. */
  columns?: string[];
  columnTypes?: string[];
  columnKinds?: string[];
  exclude: boolean;
}

export interface Selection {
  /** True: the order of the data and no duplicates; false: as listed. */
  isFilter: boolean;
  rules: Rule[];
  ui?: { withRules: boolean };
}

export const columnTypes = ['Numeric', 'Integer', 'Double', 'String', 'Boolean', 'DateTime', 'TimeSpan', 'Categorical', 'All'] as const;
export const columnKinds = ['All', 'Feature', 'Label', 'Score'] as const;

export const noSelection: Selection = { isFilter: true, rules: [], ui: { withRules: false } };

/** Reads a value; undefined where it is none. */
export function readSelection(text: string): Selection | undefined {
  if (text.trim() === '') return noSelection;
  try {
    const value = JSON.parse(text) as Partial<Selection>;
    if (!Array.isArray(value.rules)) return undefined;
    return {
      isFilter: value.isFilter !== false,
      rules: value.rules.map(r => ({ ...r, exclude: r.exclude === true })),
      ui: { withRules: value.ui?.withRules ?? !isByName(value.rules) },
    };
  } catch {
    return undefined;
  }
}

export function writeSelection(s: Selection): string {
  const rules = s.rules.filter(
    r => r.ruleType === 'AllColumns' || (r.ruleType === 'ColumnTypes' ? (r.columnTypes ?? []).length > 0 : (r.columns ?? []).length > 0),
  );
  return rules.length === 0 ? '' : JSON.stringify({ isFilter: s.isFilter, rules, ui: s.ui });
}

const isByName = (rules: Rule[]) => rules.length === 0 || (rules.length === 1 && rules[0]?.ruleType === 'ColumnNames' && !rules[0].exclude);

/** The names that are chosen one by one; undefined where rules choose. */
export function namesOf(s: Selection): string[] | undefined {
  return isByName(s.rules) && !s.ui?.withRules ? (s.rules[0]?.columns ?? []) : undefined;
}

export const byNames = (names: string[], isFilter: boolean): Selection => ({
  isFilter,
  rules: names.length === 0 ? [] : [{ ruleType: 'ColumnNames', columns: names, exclude: false }],
  ui: { withRules: false },
});

/** Index rules as they are typed: "1-3, 5". */
export const readIndexes = (text: string) =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
