package odata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var fields = Fields{"name": Text, "path": Text, "limit": Number, "isCurrent": Bool, "created": Time}

func item(values map[string]any) Item { return func(f string) any { return values[f] } }

var echo = item(map[string]any{
	"name": "Echo API", "path": "it's", "limit": 5.0, "isCurrent": true, "created": "2024-05-01T10:00:00Z",
})

func TestFilter(t *testing.T) {
	for text, want := range map[string]bool{
		"name eq 'echo api'":     true,
		"NAME EQ 'Echo API'":     true,
		"name ne 'x'":            true,
		"path eq 'it''s'":        true,
		"name gt 'd'":            true,
		"name le 'd'":            false,
		"limit ge 5":             true,
		"limit lt -1.5e3":        false,
		"isCurrent eq true":      true,
		"isCurrent":              true,
		"not isCurrent":          false,
		"isCurrent ne false":     true,
		"contains(name,'O A')":   true,
		"substringof('x', name)": false,
		"startswith(name, 'ECHO') and endswith(name,'api')":           true,
		"startswith(name, 'x') eq false":                              true,
		"tolower(name) eq 'echo api'":                                 true,
		"contains(toupper(name), tolower('ECHO'))":                    true,
		"name eq 'x' or name eq 'echo api' and limit eq 5":            true,
		"(name eq 'x' or name eq 'echo api') and limit eq 6":          false,
		"not (name eq 'x') and not startswith(path, 'x')":             true,
		"created ge datetime'2024-05-01T00:00:00'":                    true,
		"created lt 2024-05-01T10:00:01Z and '2024-04-30' lt created": true,
		"created eq '2024-05-01T12:00:00+02:00'":                      true,
		"name ne null":                                                true,
		"null eq name":                                                false,
		"'a' lt 'b'":                                                  true,
	} {
		f, err := ParseFilter(text, fields)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f(echo); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestFilterOnItemsWithoutValues(t *testing.T) {
	empty := item(nil)
	for text, want := range map[string]bool{
		"name eq null": true, "name ne null": false, "name eq ''": false, "name ne 'x'": true,
		"limit lt 5": false, "limit ge 0": false, "isCurrent": false, "contains(name,'')": true,
	} {
		f, err := ParseFilter(text, fields)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := f(empty); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestFilterErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "a field, a value or a function is expected, and the expression ends, at character 1",
		"name":                                   "must be a comparison, and is text, at character 1",
		"name eq":                                "and the expression ends, at character 8",
		"name eq 'x":                             "no closing quote, at character 9",
		"é":                                      `'é' is not expected, at character 1`,
		"name eq 'é' x":                          "and, or, or the end is expected, at character 13",
		"nme eq 'x'":                             `"nme" is not a field`,
		"name eq 5":                              "this is a number, and what it is compared with is text, at character 9",
		"isCurrent gt true":                      "gt cannot compare true or false, at character 1",
		"length(name) eq 5":                      `no function "length"`,
		"contains(name)":                         "a comma is expected, at character 14",
		"contains(name,'x'":                      "a closing parenthesis is expected, and the expression ends, at character 18",
		"contains(limit,'x')":                    "contains works on text, and this is a number, at character 10",
		"(name eq 'x'":                           "a closing parenthesis is expected",
		"name and isCurrent":                     "and joins comparisons, and this is text, at character 1",
		"not name":                               "not stands before a comparison",
		"limit eq 1-2-3x":                        `"1-2-3" is neither a number nor a date, at character 10`,
		"created gt 'tomorrow'":                  `"tomorrow" is not a date`,
		"datetime'x' lt created":                 `"x" is not a date`,
		strings.Repeat("(", 60) + "isCurrent":    "deeper than 50",
		strings.Repeat("not ", 60) + "isCurrent": "deeper than 50",
		strings.Repeat("x", 5000):                "longer than 4096",
	} {
		_, err := ParseFilter(text, fields)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), want) {
			t.Errorf("%.30s: got %v, want %q", text, err, want)
		}
	}
}

func TestOrderBy(t *testing.T) {
	items := []map[string]any{
		{"name": "b", "limit": 1.0, "isCurrent": true, "created": time.Unix(3, 0)},
		{"name": "A", "limit": 2.0, "isCurrent": false, "created": time.Unix(2, 0)},
		{"name": "c", "limit": 1.0, "created": time.Unix(1, 0)},
	}
	for text, want := range map[string]string{
		"name":                  "A b c",
		"name desc":             "c b A",
		"limit asc , Name desc": "c b A",
		"created":               "c A b",
		"isCurrent":             "c A b",
		"isCurrent desc":        "b A c",
	} {
		less, err := ParseOrderBy(text, fields)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		sorted := slices.Clone(items)
		slices.SortStableFunc(sorted, func(a, b map[string]any) int { return less(item(a), item(b)) })
		if got := fmt.Sprintf("%s %s %s", sorted[0]["name"], sorted[1]["name"], sorted[2]["name"]); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"":                "a field is expected",
		"name,":           "a field is expected, with asc or desc after it, at character 6",
		"name up":         `"up" is neither asc nor desc, at character 6`,
		"name, nme":       `"nme" is not a field`,
		"name asc please": "a field is expected",
	} {
		if _, err := ParseOrderBy(text, fields); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		"name eq 'it''s' and (limit ge -1.5 or not isCurrent)", "contains(tolower(name),'x')",
		"created lt datetime'2024-05-01'", "null ne null", "((", "'", "substringof('a',name) eq false",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text, fields)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Position < 1 || e.Position > len(text)+1 {
				t.Errorf("%q: error %v", text, err)
			}
			return
		}
		filter(echo)
		filter(item(nil))
	})
}

func TestParseTerms(t *testing.T) {
	fields := Fields{"timestamp": Time, "apiId": Text, "count": Number}
	terms, err := ParseTerms("timestamp ge '2024-05-01' AND apiid eq '/apis/it''s' and count lt 3", fields)
	if err != nil || len(terms) != 3 {
		t.Fatalf("got %v, %v", terms, err)
	}
	if !terms[0].Time().Equal(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)) || terms[1].Field != "apiId" || terms[1].Text() != "/apis/it's" || terms[2].Value != 3.0 {
		t.Errorf("got %+v", terms)
	}
	for text, position := range map[string]int{
		"": 1, "apiId": 6, "apiId eq": 9, "apiId like 'x'": 7, "apiId eq 3": 10, "apiId eq null": 10, "other eq 1": 1, "timestamp ge 'x'": 14,
		"apiId eq 'a' or apiId eq 'b'": 14, "apiId eq 'a' and": 17, "(apiId eq 'a')": 1, "apiId eq apiId": 10,
	} {
		var e *Error
		if terms, err := ParseTerms(text, fields); !errors.As(err, &e) || e.Position != position {
			t.Errorf("%q: got %v, %v; want an error at %d", text, terms, err, position)
		}
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("timestamp ge datetime'2024-05-01T00:00:00' and apiId eq '/apis/a'")
	f.Fuzz(func(t *testing.T, text string) {
		terms, err := ParseTerms(text, Fields{"timestamp": Time, "apiId": Text, "count": Number})
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Position < 1 || e.Position > len(text)+1) {
			t.Errorf("%q: error %v", text, err)
		}
		if err == nil && len(terms) == 0 {
			t.Errorf("%q: no terms", text)
		}
	})
}
