package csharp

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"portico/internal/policy/csharp/syntax"
)

// seeds are the rows of the conformance file and the common expressions.
func seeds(f *testing.F) {
	for _, c := range common {
		f.Add(c.src)
	}
	file, err := os.Open("testdata/conformance.tsv")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	for sc, n := bufio.NewScanner(file), 0; sc.Scan(); n++ {
		if src, _, ok := strings.Cut(sc.Text(), "\t"); ok && n%5 == 0 {
			f.Add(src)
		}
	}
}

// FuzzParse wants no panic, and that Scan agrees with Parse on where an expression ends.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		n, ok := syntax.Scan(src)
		if _, errs := syntax.Parse(src); len(errs) == 0 && strings.HasPrefix(src, "@") {
			if !ok {
				t.Fatal("parses, and Scan finds no end")
			}
			if rest := strings.TrimSpace(src[n:]); rest != "" && !strings.HasPrefix(rest, "/") && syntaxSpace(rest) {
				t.Errorf("parses, but Scan gives %d", n)
			}
		}
	})
}

// syntaxSpace tells whether something is left that is neither blank nor comment.
func syntaxSpace(rest string) bool { return strings.ContainsAny(rest, "(){}[];") }

// FuzzRun wants that whatever compiles ends, in a value or an *Error.
func FuzzRun(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		p, err := Compile(src)
		if err != nil {
			if strings.Contains(err.Error(), "internal error") {
				t.Error(err)
			}
			return
		}
		env := sampleEnv()
		env.Limits = Limits{Steps: 100_000, Memory: 4 << 20, Time: time.Second}
		if _, err := p.RunString(env); err != nil {
			if e, ok := err.(*Error); !ok || strings.HasPrefix(e.Message, "internal error") {
				t.Errorf("%v: %v", err, e.Err)
			}
		}
	})
}
