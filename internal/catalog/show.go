package catalog

import (
	"portico/internal/record"
	"portico/internal/secret"
)

// Show reads a record for those who may not see its secrets: they are left
// empty, except one that is only the use of a named value, "{{name}}".
func Show[P any](k *secret.Keeper, r record.Record) (*P, error) {
	v, err := Open[P](k, r)
	if err != nil {
		return nil, err
	}
	c, ok := any(v).(Confidential)
	if !ok {
		return v, nil
	}
	references := map[*string]string{}
	for _, text := range c.Secrets() {
		if namedValueReference(*text) {
			references[text] = *text
		}
	}
	Conceal(c)
	for text, reference := range references {
		*text = reference
	}
	return v, nil
}
