package csharp

import (
	"flag"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/policy/csharp/syntax"
)

var snippets = flag.String("snippets", "", "a folder or git directory with policy documents, such as Azure/api-management-policy-snippets")

// documents reads all .xml files of a folder, or of the head of a git directory.
func documents(t *testing.T, path string) map[string]string {
	docs := map[string]string{}
	if _, err := os.Stat(filepath.Join(path, "HEAD")); err == nil {
		list := git(t, path, "ls-tree", "-r", "-z", "--name-only", "HEAD")
		for _, name := range strings.Split(list, "\x00") {
			if strings.HasSuffix(name, ".xml") {
				docs[name] = git(t, path, "show", "HEAD:"+name)
			}
		}
		return docs
	}
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".xml") {
			return err
		}
		b, err := os.ReadFile(name)
		docs[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func git(t *testing.T, dir string, args ...string) string {
	out, err := exec.Command("git", append([]string{"--git-dir", dir}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

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
	for name, doc := range documents(t, *snippets) {
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
			if _, err := p.RunString(suppliedEnv(t, src)); err == nil {
				ran++
			} else {
				missing++
				t.Logf("%s: %v: %.160s", name, err, src)
			}
		}
	}
	t.Logf("%d expressions and %d that are cut off: %d parse, %d compile, %d evaluate, %d end in an exception with the sample data", total, endless, parsed, compiled, ran, missing)
}

// used finds the variables of an expression with the type that it expects.
var used = regexp.MustCompile(`(?:\((\w+)\)\s*)?context\.Variables(?:\.GetValueOrDefault(?:<(\w+)>)?\(|\[)"([^"]+)"`)

// suppliedEnv is sampleEnv with a value for each variable that the expression uses.
func suppliedEnv(t *testing.T, src string) *Env {
	env := sampleEnv()
	vars := *env.Call.Variables.(*sampleVariables)
	for _, m := range used.FindAllStringSubmatch(src, -1) {
		if _, ok := vars[m[3]]; !ok {
			vars[m[3]] = suppliedValue(t, m[1]+m[2], m[3])
		}
	}
	return env
}

func suppliedValue(t *testing.T, kind, name string) any {
	eval := func(src string) any {
		p, err := Compile(src)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Run(sampleEnv())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	switch kind {
	case "IResponse":
		return newSampleResponse()
	case "JObject", "JToken":
		return eval(`@(context.Request.Body.As<JObject>())`)
	case "JArray":
		return eval(`@(new JArray(new JObject(new JProperty("id", 1))))`)
	case "Jwt":
		return eval(`@(context.Request.Headers.GetValueOrDefault("Authorization").AsJwt())`)
	case "bool":
		return true
	case "int":
		return 5
	case "long":
		return int64(5)
	}
	if strings.HasPrefix(name, "iv") || strings.HasPrefix(name, "IV") {
		return "0f8fad5b-d9cb-469f-a165-70867728950e"
	}
	return "12"
}
