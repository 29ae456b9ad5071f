package policy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/policy/document"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to accept):\n%s", file, got)
	}
}

// TestCheck checks every document of testdata/check. The file's name begins
// with its scope and ends in its format: "product-limits.rawxml".
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*xml")
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	scopes := map[string]policy.Scope{"global": policy.Global, "product": policy.Product, "api": policy.API, "operation": policy.Operation}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			scope, _, _ := strings.Cut(filepath.Base(file), "-")
			warnings, err := catalogue.New().Check(strings.TrimPrefix(filepath.Ext(file), "."), string(b), scopes[scope])
			var out strings.Builder
			if err != nil {
				e := fault.As(err)
				fmt.Fprintf(&out, "%s: %s\n", e.Code, e.Message)
				for _, p := range e.Problems {
					fmt.Fprintf(&out, "%s %s: %s\n", p.Code, p.Target, p.Message)
				}
			}
			for _, w := range warnings {
				fmt.Fprintf(&out, "%s %s: %s\n", w.Code, w.Target, w.Message)
			}
			golden(t, file+".golden", out.String())
		})
	}
}

func TestCheckRefusesWhatIsTooLarge(t *testing.T) {
	big := "<policies><!--" + strings.Repeat("x", document.MaxSize) + "--></policies>"
	deep := "<policies><inbound>" + strings.Repeat("<choose>", 64) + strings.Repeat("</choose>", 64) + "</inbound></policies>"
	many := "<policies><inbound>" + strings.Repeat("<nothing/>", 5*document.MaxProblems) + "</inbound></policies>"
	for name, doc := range map[string]string{"big": big, "deep": deep, "many": many} {
		_, err := catalogue.New().Check("rawxml", doc, policy.API)
		if n := len(fault.As(err).Problems); err == nil || n == 0 || n > document.MaxProblems {
			t.Errorf("%s: %d problems, error %v", name, n, err)
		}
	}
}

func TestCheckFormats(t *testing.T) {
	const doc = "<policies><inbound><base /></inbound></policies>"
	for format, ok := range map[string]bool{"": true, "xml": true, "rawxml": true, "XML": true, "xml-link": false, "json": false} {
		if _, err := catalogue.New().Check(format, doc, policy.API); (err == nil) != ok {
			t.Errorf("format %q: %v", format, err)
		}
	}
}

func TestDefaultGlobalIsValid(t *testing.T) {
	d := policy.DefaultGlobal()
	if warnings, err := catalogue.New().Check(d.Policy.Format, d.Policy.Value, d.Scope); err != nil || len(warnings) > 0 {
		t.Error(warnings, err)
	}
}
