package catalogue_test

import (
	"flag"
	"regexp"
	"testing"

	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/policy/corpustest"
)

var snippets = flag.String("snippets", "", "a folder or git directory with policy documents, such as Azure/api-management-policy-snippets")

var (
	isDocument = regexp.MustCompile(`<(policies|fragment)[\s>]`)
	isFragment = regexp.MustCompile(`^\s*(<!--(?s:.*?)-->\s*)*<fragment[\s>]`)
)

// TestCorpus counts how many published documents may be stored, and how many of
// those with a warning. Every one must be accepted.
func TestCorpus(t *testing.T) {
	if *snippets == "" {
		t.Skip("no documents: give -snippets PATH")
	}
	table := catalogue.New()
	total, accepted, warned := 0, 0, 0
	for name, doc := range corpustest.Documents(t, *snippets) {
		if !isDocument.MatchString(doc) {
			continue
		}
		total++
		warnings, err := check(table, doc)
		if err != nil {
			for _, p := range fault.As(err).Problems {
				t.Errorf("%s: %s", name, p.Message)
			}
			continue
		}
		accepted++
		if len(warnings) > 0 {
			warned++
		}
		for _, w := range warnings {
			t.Logf("%s: warning: %s", name, w.Message)
		}
	}
	t.Logf("%d documents: %d accepted, %d of them with warnings", total, accepted, warned)
}

func check(t policy.Table, doc string) (warnings []fault.Problem, err error) {
	for _, format := range []string{"rawxml", "xml"} {
		if isFragment.MatchString(doc) {
			warnings, err = t.CheckFragment(format, doc)
		} else {
			warnings, err = t.Check(format, doc, policy.AnyScope)
		}
		if err == nil {
			return warnings, nil
		}
	}
	return nil, err
}
