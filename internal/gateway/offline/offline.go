// Package offline checks policy documents and runs them against request files
// without a server: the commands `portico policy check` and `portico policy
// test`. The form of test files is described in docs/policy-testing.md.
//
// A test runs in the gateway itself, whose configuration comes from the file
// and whose backends are the file's answers; nothing reaches the network.
package offline

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/policy/document"
)

// Check checks documents and fragments and writes what it found, a line each:
// "file:line:column: text", warnings with "warning: " before the text. ok tells
// that all of them could be stored. Its error says that a file cannot be read.
func Check(out io.Writer, files []string) (ok bool, err error) {
	ok = true
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return false, err
		}
		warnings, err := checkDocument(string(source))
		for _, w := range warnings {
			say(out, file, "warning: ", w)
		}
		if err == nil {
			continue
		}
		ok = false
		for _, p := range fault.As(err).Problems {
			say(out, file, "", p)
		}
	}
	return ok, nil
}

var fragment = regexp.MustCompile(`^\s*(<\?[^>]*\?>\s*|<!--(?s:.*?)-->\s*)*<fragment[\s>/]`)

// checkDocument checks a document in the format it is written in: rawxml, or
// xml where it is not good as that. It may be for any scope.
func checkDocument(source string) ([]fault.Problem, error) {
	policies := catalogue.New()
	check := func(format string) ([]fault.Problem, error) {
		if fragment.MatchString(source) {
			return policies.CheckFragment(format, source)
		}
		return policies.Check(format, source, policy.AnyScope)
	}
	warnings, err := check(string(document.RawXML))
	if err != nil {
		if asXML, errXML := check(string(document.XML)); errXML == nil {
			return asXML, nil
		}
	}
	return warnings, err
}

// place is how a problem's message says where it is.
var place = regexp.MustCompile(`^((?:In the fragment '[^']*': )?)(?:Error in element|Element) '([^']*)' on line (\d+), column (\d+): (.*)$`)

func say(out io.Writer, file, kind string, p fault.Problem) {
	if m := place.FindStringSubmatch(p.Message); m != nil {
		_, _ = fmt.Fprintf(out, "%s:%s:%s: %s%s<%s>: %s\n", file, m[3], m[4], kind, m[1], m[2], m[5])
		return
	}
	_, _ = fmt.Fprintf(out, "%s: %s%s\n", file, kind, p.Message)
}

// Test runs test files and writes for each step that went otherwise than
// expected what came instead, and for each file one line at the end. With trace
// it writes the trace of every call. Its error says that a file cannot be read.
func Test(out io.Writer, files []string, trace bool) (ok bool, err error) {
	ok = true
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return false, err
		}
		r := &run{out: out, file: file, dir: filepath.Dir(file), trace: trace}
		if err := r.play(string(source)); err != nil {
			return false, err
		}
		result := "ok"
		if r.failed > 0 {
			ok, result = false, "FAILED"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%d calls\n", result, file, r.calls)
	}
	return ok, nil
}

// part is a part of a test file: what follows a line "== what argument".
type part struct {
	line           int
	what, argument string
	text           string
}

// cut cuts a test file into its parts. Lines before the first are a remark.
func cut(source string) []part {
	var parts []part
	for i, line := range strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n") {
		if head, is := strings.CutPrefix(line, "== "); is {
			what, argument, _ := strings.Cut(strings.TrimSpace(head), " ")
			parts = append(parts, part{line: i + 1, what: what, argument: strings.TrimSpace(argument)})
		} else if n := len(parts); n > 0 {
			parts[n-1].text += line + "\n"
		}
	}
	for i := range parts {
		parts[i].text = strings.TrimRight(parts[i].text, "\n")
	}
	return parts
}
