package liquid

import (
	"context"
	"strings"
	"testing"
)

const body = `{"name":"Ann","n":7,"f":1.5,"on":true,"none":null,"list":[3,1,2],"people":[{"n":"x","a":2},{"n":"y","a":1}],"o":{"k":"v"},"when":"2026-01-31T10:20:30Z","text":" Hello, World "}`

func render(t *testing.T, template string) (string, error) {
	t.Helper()
	root := NewObject()
	b, err := ReadJSON([]byte(body), true)
	if err != nil {
		t.Fatal(err)
	}
	root.Set("body", b)
	parsed, err := Parse(template)
	if err != nil {
		return "", err
	}
	out, err := parsed.Render(context.Background(), root)
	return string(out), err
}

func TestRender(t *testing.T) {
	for template, want := range map[string]string{
		`plain { text }`:                       `plain { text }`,
		`{{body.name}}, {{ body["name"] }}`:    `Ann, Ann`,
		`{{body.NAME}}`:                        `Ann`,
		`{{body.nothing.at.all}}{{body.none}}`: ``,
		`{{body.n}} {{body.f}} {{body.on}}`:    `7 1.5 true`,
		`{{body.list[1]}}{{body.list.first}}{{body.list.last}}{{body.list.size}}`:            `1323`,
		`{{body.list[-1]}}{{body.list[9]}}`:                                                  `2`,
		`{{body.list}}`:                                                                      `312`,
		`{{body.o}}`:                                                                         `{"k":"v"}`,
		`{{body.when}}`:                                                                      `01/31/2026 10:20:30`,
		`{{body.when | Date: "yyyy-MM-dd"}}`:                                                 `2026-01-31`,
		`{{body.when | date: "%d/%m/%Y"}}`:                                                   `31/01/2026`,
		`{{"a" | Append: "b" | Prepend: "c" | Upcase}}`:                                      `CAB`,
		`{{body.text | Strip | Downcase | Replace: "l", "L" | Truncate: 8}}`:                 `heLLo...`,
		`{{"a,b" | Split: "," | Join: "-"}}`:                                                 `a-b`,
		`{{body.people | Map: "n" | Join}}`:                                                  `x y`,
		`{{body.people | Sort: "a" | Map: "n"}}`:                                             `yx`,
		`{{body.list | Sort | Reverse | First}}`:                                             `3`,
		`{{7 | DividedBy: 2}} {{7.0 | DividedBy: 2}} {{7 | Modulo: 4}} {{"3" | Plus: 4}}`:    `3 3.5 3 7`,
		`{{1.25 | Round: 1}} {{2.5 | Round}} {{ -3 | Abs}} {{1.2 | Ceil}}`:                   `1.2 2 3 2`,
		`{{"<a b>" | Escape}} {{"<b>x</b>" | StripHtml}} {{"a b&c" | UrlEncode}}`:            `&lt;a b&gt; x a+b%26c`,
		`{{body.none | Default: "d"}} {{"abc" | Slice: 1, 2}} {{"abc" | Size}}`:              `d bc 3`,
		`{{"one two three" | truncate_words: 2}}`:                                            `one two...`,
		`{% if body.n > 5 and body.on %}yes{% else %}no{% endif %}`:                          `yes`,
		`{% if body.n == 8 %}a{% elsif body.n == 7 %}b{% else %}c{% endif %}`:                `b`,
		`{% unless body.none %}u{% endunless %}`:                                             `u`,
		`{% if body.name contains "n" %}1{% endif %}{% if body.none == empty %}2{% endif %}`: `12`,
		`{% case body.n %}{% when 1, 7 %}seven{% else %}other{% endcase %}`:                  `seven`,
		`{% for i in body.list %}{{i}}{% unless forloop.last %},{% endunless %}{% endfor %}`: `3,1,2`,
		`{% for i in (1..5) reversed limit:2 %}{{i}}{% endfor %}`:                            `21`,
		`{% for i in (1..9) %}{% if i == 3 %}{% break %}{% endif %}{% if i == 1 %}{% continue %}{% endif %}{{i}}{% endfor %}`: `2`,
		`{% for i in body.missing %}x{% else %}none{% endfor %}`:                                                              `none`,
		`{% for p in body.o %}{{p[0]}}={{p[1]}}{% endfor %}`:                                                                  `k=v`,
		`{% assign a = body.n | Times: 2 %}{{a}}`:                                                                             `14`,
		`{% capture c %}<{{body.n}}>{% endcapture %}{{c}}{{c}}`:                                                               `<7><7>`,
		`{% increment x %}{% increment x %}{% decrement y %}`:                                                                 `01-1`,
		`{% for i in (1..4) %}{% cycle "a", "b" %}{% endfor %}`:                                                               `abab`,
		`{% comment %}{{ x }}{% if %}{% endcomment %}{% raw %}{{ x }}{% endraw %}`:                                            `{{ x }}`,
		"a {%- if true -%} b {%- endif -%} c":                                                                                 `abc`,
	} {
		got, err := render(t, template)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", template, got, err, want)
		}
	}
}

func TestWrongTemplates(t *testing.T) {
	for template, want := range map[string]string{
		"\n{{ a":                         "line 2: {{ has no }}",
		"{% if a %}":                     "line 1: 'if' is not closed by 'endif'",
		"{% endif %}":                    "line 1: 'endif' stands where nothing is open",
		"x\n{% include 'secret' %}":      "line 2: 'include 'secret'' stands where nothing is open",
		"{{ a | Nothing }}":              "line 1: there is no filter 'Nothing'",
		"{{ a b }}":                      `line 1: "b" is not expected here`,
		"{{ 'a }}":                       "line 1: a string is not closed",
		"{% for x of y %}{% endfor %}":   "line 1: 'for' must be written as: for name in list",
		"{% for x in y %}{% endif %}":    "line 1: there is no tag 'endif' inside of 'for'",
		strings.Repeat("{% if a %}", 99): "line 1: blocks are nested more than 64 deep",
	} {
		if _, err := Parse(template); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", template, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, template := range map[string]string{
		"output":   `{% assign a = "0123456789abcdef" %}` + strings.Repeat(`{% assign a = a | Append: a %}`, 30) + `{{a}}`,
		"work":     `{% for a in (1..9999) %}{% for b in (1..9999) %}{% endfor %}{% endfor %}`,
		"range":    `{% for a in (1..2000000000) %}{% endfor %}`,
		"division": `{{ 1 | DividedBy: 0 }}`,
	} {
		if out, err := render(t, template); err == nil {
			t.Errorf("%s: %d bytes came out", name, len(out))
		}
	}
}

func TestReadXML(t *testing.T) {
	const doc = `<s:Envelope xmlns:s="urn:s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Body><order id="5"><item>a</item><item>b</item><gone xsi:nil="true"/></order></s:Body></s:Envelope>`
	v, err := ReadXML([]byte(doc), true)
	if err != nil {
		t.Fatal(err)
	}
	root := NewObject()
	root.Set("body", v)
	for template, want := range map[string]string{
		`{{body.envelope.body.order.id}}`:                       "5",
		`{{body.Body.order.item | Join: "+"}}`:                  "a+b",
		`{% if body.Body.order.gone == nil %}null{% endif %}`:   "null",
		`{% for i in body.Body.order.item %}{{i}};{% endfor %}`: "a;b;",
	} {
		parsed, err := Parse(template)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parsed.Render(context.Background(), root); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", template, got, err)
		}
	}
	if _, err := ReadXML([]byte(strings.Repeat("<a>", 10*maxDepth)), false); err == nil {
		t.Error("a document of any depth is read")
	}
	if _, err := ReadJSON([]byte(strings.Repeat("[", 10*maxDepth)), false); err == nil {
		t.Error("JSON of any depth is read")
	}
}

func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		`{{body.list | Sort | Join: ", " | Truncate: 3}}`, `{% for i in (1..5) limit:2 %}{{forloop.index}}{% cycle 'a','b' %}{% endfor %}`,
		`{% if a == 1 or b contains "c" and d %}{% elsif x %}{% else %}{% endif %}`, `{% case a %}{% when 1,2 %}{% endcase %}{% raw %}{{{% endraw %}`,
		`{{ "a" | Slice: -1, 5 | Plus: 1.5 | Date: "yyyy" | Split: "" }}`,
	} {
		f.Add(seed)
	}
	b, err := ReadJSON([]byte(body), true)
	if err != nil {
		f.Fatal(err)
	}
	root := NewObject()
	root.Set("body", b)
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := Parse(source)
		if err != nil {
			return
		}
		out, err := parsed.Render(context.Background(), root)
		if err == nil && len(out) > maxOutput {
			t.Errorf("%d bytes came out", len(out))
		}
	})
}
