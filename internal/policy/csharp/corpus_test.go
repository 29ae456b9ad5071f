package csharp

import (
	"encoding/json"
	"flag"
	"html"
	"regexp"
	"strings"
	"testing"

	"portico/internal/policy/corpustest"
	"portico/internal/policy/csharp/host"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

var snippets = flag.String("snippets", "", "a folder or git directory with policy documents, such as Azure/api-management-policy-snippets")

var (
	xmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)
	namedValue = regexp.MustCompile(`\{\{[\w.\- ]+\}\}`)
	expression = regexp.MustCompile(`(["'>]\s*)@[({]`)
)

// expressions cuts the expressions out of a document; named values become 1.
func expressions(doc string) (list []string, broken int) {
	doc = xmlComment.ReplaceAllString(doc, "")
	doc = html.UnescapeString(doc)
	doc = namedValue.ReplaceAllString(doc, "1")
	for {
		m := expression.FindStringSubmatchIndex(doc)
		if m == nil {
			return list, broken
		}
		doc = doc[m[3]:]
		n, ok := syntax.Scan(doc)
		if !ok {
			broken++
			doc = doc[2:]
			continue
		}
		list = append(list, doc[:n])
		doc = doc[n:]
	}
}

// TestCorpus counts how many expressions of published documents parse, compile
// and evaluate with the data of sampleCall: every one must parse.
func TestCorpus(t *testing.T) {
	if *snippets == "" {
		t.Skip("no documents: give -snippets PATH")
	}
	total, endless, parsed, compiled, ran, missing := 0, 0, 0, 0, 0, 0
	for name, doc := range corpustest.Documents(t, *snippets) {
		list, broken := expressions(doc)
		if broken > 0 {
			t.Logf("%s: %d expressions have no end", name, broken)
			endless += broken
		}
		for _, src := range list {
			total++
			if _, errs := syntax.Parse(src); len(errs) > 0 {
				t.Errorf("%s: does not parse: %v: %.300s", name, errs[0], src)
				continue
			}
			parsed++
			p, err := Compile(src)
			if err != nil {
				t.Logf("%s: does not compile: %v: %.200s", name, err, src)
				continue
			}
			compiled++
			if err := evaluates(t, p, src); err == nil {
				ran++
			} else {
				missing++
				t.Logf("%s: %v: %.160s", name, err, src)
			}
		}
	}
	t.Logf("%d expressions and %d that are cut off: %d parse, %d compile, %d evaluate, %d end in an exception with the sample data", total, endless, parsed, compiled, ran, missing)
}

// texts stand for what expressions expect in their variables and headers.
var texts = []string{"12", "MTIzNDU2Nzg5MDEyMzQ1Ng==", "https://example.com/oauth?x=1", "<a><b>1</b></a>", "true", "a=b; c=d", sampleToken, "2026-01-02T03:04:05Z", "Bearer " + sampleToken, "[1,2]"}

// evaluates runs an expression with one kind of data after the other, until it
// gives a value. It gives the error of the first.
func evaluates(t *testing.T, p *Program, src string) error {
	data := suppliedJSON(t, src)
	bodies := []string{data, "[" + data + "," + data + "]", "<a><b>1</b></a>", "code=1&state=2"}
	var first error
	for _, text := range texts {
		for _, body := range bodies {
			_, err := p.RunString(suppliedEnv(t, src, text, data, body))
			if err == nil {
				return nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// namedIn finds the headers and template parameters of an expression.
var namedIn = regexp.MustCompile(`(Headers|MatchedParameters)(?:\.GetValueOrDefault\(|\.ContainsKey\(|\[|\()"([^"]+)"`)

// used finds the variables of an expression with the type that it expects.
var used = regexp.MustCompile(`(?:\((\w+)\)\s*)?context\.Variables(?:\.GetValueOrDefault(?:<(\w+)>)?\(|\[)"([^"]+)"`)

// indexed finds chains such as ["a"][0]["b"].
var indexed = regexp.MustCompile(`(?:\??\[(?:"[^"]+"|\d+)\])+`)

var oneIndex = regexp.MustCompile(`\["([^"]+)"\]|\[(\d+)\]`)

// suppliedJSON is sampleJSON with every member that the expression looks for.
func suppliedJSON(t *testing.T, src string) string {
	var root any
	if err := json.Unmarshal([]byte(sampleJSON), &root); err != nil {
		t.Fatal(err)
	}
	for _, chain := range indexed.FindAllString(src, -1) {
		supply(root, oneIndex.FindAllStringSubmatch(chain, -1))
	}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// supply makes sure that an object has what a chain names. A chain into an array ends there.
func supply(at any, chain [][]string) {
	for i, link := range chain {
		object, ok := at.(map[string]any)
		if !ok || link[1] == "" {
			return
		}
		next, there := object[link[1]]
		if i+1 == len(chain) {
			if !there {
				object[link[1]] = "12"
			}
			return
		}
		if _, deep := next.(string); !there || deep {
			next = map[string]any{}
			object[link[1]] = next
			if chain[i+1][1] == "" {
				inner := map[string]any{}
				object[link[1]] = []any{inner, inner, inner}
				supply(inner, chain[min(i+2, len(chain)):])
				return
			}
		}
		at = next
	}
}

// suppliedEnv is sampleEnv with that text for each variable, header and template
// parameter that the expression uses, and with that body.
func suppliedEnv(t *testing.T, src, text, data, body string) *Env {
	env := sampleEnv()
	request, response := env.Call.Request.(*sampleRequest), env.Call.Response.(*sampleResponse)
	request.body.text, response.body.text = body, body
	for _, m := range namedIn.FindAllStringSubmatch(src, -1) {
		if m[1] == "MatchedParameters" {
			request.parameters = append(request.parameters, [2]string{m[2], text})
			continue
		}
		request.headers = append(request.headers, [2]string{m[2], text})
		response.headers = append(response.headers, [2]string{m[2], text})
	}
	vars := *env.Call.Variables.(*sampleVariables)
	for _, m := range used.FindAllStringSubmatch(src, -1) {
		if _, ok := vars[m[3]]; !ok {
			vars[m[3]] = suppliedValue(t, m[1]+m[2], m[3], text, data, body)
			if r, ok := vars[m[3]].(*sampleResponse); ok {
				r.headers = append(r.headers, response.headers...)
			}
		}
	}
	return env
}

func suppliedValue(t *testing.T, kind, name, text, data, body string) any {
	eval := func(src string) any {
		p, err := Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		env := sampleEnv()
		env.Call.Request.(*sampleRequest).body.text = data
		v, err := p.Run(env)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch kind {
	case "IResponse":
		r := newSampleResponse()
		r.body.text = body
		return r
	case "JObject", "JToken":
		return eval(`@(context.Request.Body.As<JObject>())`)
	case "JArray":
		return eval(`@(new JArray(new JObject(new JProperty("id", 1))))`)
	case "Jwt":
		return eval(`@(context.Request.Headers.GetValueOrDefault("Authorization").AsJwt())`)
	case "bool":
		return true
	case "int", "Int32":
		return 5
	case "double", "Double":
		return 0.5
	case "Authorization":
		return value.Ref(&host.Authorization{AccessToken: "token"})
	case "long":
		return int64(5)
	}
	if strings.HasPrefix(name, "iv") || strings.HasPrefix(name, "IV") {
		return "0f8fad5b-d9cb-469f-a165-70867728950e"
	}
	return text
}
