package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Selector is a parsed column selection (azureml.md 5.3): rules that apply in
// order, each adding columns or taking them away.
type Selector struct {
	// IsFilter selects each column once and in the table's order. Otherwise
	// columns come in the order listed, as often as listed.
	IsFilter bool
	Rules    []Rule
}

// Rule is one step of a Selector.
type Rule struct {
	Type        string   // AllColumns, ColumnNames, ColumnIndexes or ColumnTypes
	Columns     []string // names, or 1-based indexes and ranges such as "1-3"
	ColumnTypes []string // Numeric, Integer, Double, String, Boolean, DateTime, TimeSpan, Categorical, All
	ColumnKinds []string // All, Feature, Label, Score
	Exclude     bool
}

// The rule types.
const (
	AllColumns    = "AllColumns"
	ColumnNames   = "ColumnNames"
	ColumnIndexes = "ColumnIndexes"
	ColumnTypes   = "ColumnTypes"
)

var (
	selectableTypes = []string{"Numeric", "Integer", "Double", "String", "Boolean", "DateTime", "TimeSpan", "Categorical", "All"}
	selectableKinds = []string{"All", "Feature", "Label", "Score"}
)

// Limits of a selector's text.
const (
	maxSelectorBytes = 4 << 20
	maxRules         = 1_000
)

// SelectorReason says what is wrong with a selection.
type SelectorReason uint8

// The reasons, each with its documented module error (azureml.md 5.3, 6.4).
const (
	SelectorSyntax          SelectorReason = iota // 0002: not a selector
	NoColumnsSelected                             // 0011: no rules, or rules that fit no column
	ColumnNotFound                                // 0001: no column of that name or index
	InvalidColumnIndexRange                       // 0060: from above to, or beyond the last column
	ColumnIndexParsing                            // 0059: not an index or a closed range
)

// SelectorError is a selection that cannot be made. Text is the name, index or range at fault.
type SelectorError struct {
	Reason SelectorReason
	Text   string
}

func (e *SelectorError) Error() string {
	switch e.Reason {
	case NoColumnsSelected:
		return "the column selection selects no columns"
	case ColumnNotFound:
		return fmt.Sprintf("column with name or index %q not found", e.Text)
	case InvalidColumnIndexRange:
		return fmt.Sprintf("column range %q is invalid or out of range", e.Text)
	case ColumnIndexParsing:
		return fmt.Sprintf("column index or range %q could not be parsed", e.Text)
	default:
		return "not a column selection: " + e.Text
	}
}

func syntaxError(format string, args ...any) error {
	return &SelectorError{Reason: SelectorSyntax, Text: fmt.Sprintf(format, args...)}
}

type selectorJSON struct {
	IsFilter *bool           `json:"isFilter"`
	Rules    []ruleJSON      `json:"rules"`
	UI       json.RawMessage `json:"ui"` // how the column picker was left; says nothing about columns
}

type ruleJSON struct {
	RuleType    string            `json:"ruleType"`
	Columns     []json.RawMessage `json:"columns"`
	ColumnTypes []string          `json:"columnTypes"`
	ColumnKinds []string          `json:"columnKinds"`
	Exclude     bool              `json:"exclude"`
}

// ParseSelector reads a selector's JSON, or a default as module pages print
// it: a column type and a kind in one word, such as StringFeature, NumericAll or All.
// It returns *SelectorError.
func ParseSelector(text string) (Selector, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Selector{}, &SelectorError{Reason: NoColumnsSelected}
	case len(text) > maxSelectorBytes:
		return Selector{}, syntaxError("longer than %d bytes", maxSelectorBytes)
	case text[0] != '{':
		return parseDefaultSelector(text)
	}
	var doc selectorJSON
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return Selector{}, syntaxError("%v", err)
	}
	if d.InputOffset() != int64(len(text)) {
		return Selector{}, syntaxError("more text after the JSON object")
	}
	s := Selector{IsFilter: doc.IsFilter == nil || *doc.IsFilter}
	switch {
	case len(doc.Rules) == 0:
		return s, &SelectorError{Reason: NoColumnsSelected}
	case len(doc.Rules) > maxRules:
		return s, syntaxError("more than %d rules", maxRules)
	}
	for i, r := range doc.Rules {
		rule, err := r.parse()
		if err != nil {
			return s, syntaxError("rule %d: %v", i+1, err)
		}
		s.Rules = append(s.Rules, rule)
	}
	return s, nil
}

func (r ruleJSON) parse() (Rule, error) {
	rule := Rule{Type: r.RuleType, Exclude: r.Exclude, ColumnTypes: r.ColumnTypes, ColumnKinds: r.ColumnKinds}
	switch r.RuleType {
	case AllColumns:
	case ColumnNames, ColumnIndexes:
		if len(r.Columns) == 0 {
			return rule, fmt.Errorf("%s without columns", r.RuleType)
		}
		for _, raw := range r.Columns {
			c, err := columnText(raw, r.RuleType == ColumnIndexes)
			if err != nil {
				return rule, err
			}
			rule.Columns = append(rule.Columns, c)
		}
	case ColumnTypes:
		if len(r.ColumnTypes) == 0 && len(r.ColumnKinds) == 0 {
			return rule, fmt.Errorf("ColumnTypes without columnTypes and columnKinds")
		}
		if err := known("columnTypes", r.ColumnTypes, selectableTypes); err != nil {
			return rule, err
		}
		if err := known("columnKinds", r.ColumnKinds, selectableKinds); err != nil {
			return rule, err
		}
	default:
		return rule, fmt.Errorf("unknown ruleType %q; known are AllColumns, ColumnNames, ColumnIndexes and ColumnTypes", r.RuleType)
	}
	return rule, nil
}

// columnText reads an entry of columns: a string, or a plain number where indexes are meant.
func columnText(raw json.RawMessage, index bool) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err == nil && !bytes.Equal(raw, []byte("null")) {
		return s, nil
	}
	if n, err := strconv.Atoi(string(raw)); err == nil && index {
		return strconv.Itoa(n), nil
	}
	return "", fmt.Errorf("columns holds %s, which is not a string", clip(raw))
}

func known(what string, given, all []string) error {
	for _, g := range given {
		if !slices.Contains(all, g) {
			return fmt.Errorf("unknown %s %q; known are %s", what, g, strings.Join(all, ", "))
		}
	}
	return nil
}

func parseDefaultSelector(text string) (Selector, error) {
	for _, t := range selectableTypes {
		kind, ok := strings.CutPrefix(text, t)
		if kind == "" {
			kind = "All"
		}
		if ok && slices.Contains(selectableKinds, kind) {
			return Selector{IsFilter: true, Rules: []Rule{{Type: ColumnTypes, ColumnTypes: []string{t}, ColumnKinds: []string{kind}}}}, nil
		}
	}
	return Selector{}, syntaxError("%q is neither a JSON object nor a column type with a kind, such as StringFeature", clip([]byte(text)))
}

// matches tells whether a column of that type, categorical flag and role fits a ColumnTypes rule.
func (r *Rule) matches(f Field) bool {
	return matchesAny(r.ColumnTypes, func(t string) bool {
		switch t {
		case "All":
			return true
		case "Categorical":
			return f.Categorical
		case "Numeric":
			return f.Type.Numeric() && !f.Categorical
		case "Integer":
			return (f.Type == Int32 || f.Type == Int64) && !f.Categorical
		default:
			return f.Type.String() == t && !f.Categorical
		}
	}) && matchesAny(r.ColumnKinds, func(k string) bool {
		switch k {
		case "All":
			return true
		case "Feature":
			return f.Role == Feature
		case "Label":
			return f.Role == Label
		default:
			return f.Role == Score
		}
	})
}

// matchesAny tells whether one of the words holds; no words is no condition.
func matchesAny(words []string, holds func(string) bool) bool {
	return len(words) == 0 || slices.ContainsFunc(words, holds)
}
