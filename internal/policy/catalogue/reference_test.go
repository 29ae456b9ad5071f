package catalogue

import (
	"flag"
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/policy"
)

// TestReference holds docs/policies.md to the declarations, and to the comments
// of the functions that make them.
func TestReference(t *testing.T) {
	about := comments(t)
	var b strings.Builder
	b.WriteString("# Policies\n\nWritten from the declarations in `internal/policy` by `go test ./internal/policy/catalogue -run TestReference -update`; do not edit.\n" +
		"Attributes with a star must be there; (e) may be a policy expression. Every policy may carry an `id`.\n")
	var missing []string
	for _, d := range New().Describe() {
		if !d.Offered {
			missing = append(missing, "`"+d.Name+"`")
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nSections: %s. Scopes: %s.\n", d.Name, about[d.Name], strings.Join(d.Sections, ", "), strings.Join(d.Scopes, ", "))
		if len(d.Form.Attributes)+len(d.Form.Children)+len(d.Form.Holds) > 0 || d.Form.Text {
			b.WriteString("\n")
			writeForm(&b, d.Name, d.Form, "")
		}
	}
	fmt.Fprintf(&b, "\n## Accepted, not offered\n\nDocuments with these may be stored, with a warning; calls that reach them fail with status 500: %s.\n", strings.Join(missing, ", "))
	golden(t, "../../../docs/policies.md", b.String())
}

func writeForm(b *strings.Builder, name string, f policy.FormOf, indent string) {
	fmt.Fprintf(b, "%s- `<%s>`", indent, name)
	var parts []string
	for _, a := range f.Attributes {
		s := "`" + a.Name + "`"
		if a.Required {
			s += "*"
		}
		switch {
		case len(a.Values) > 0:
			s += " " + strings.Join(a.Values, " \\| ")
		case a.Kind == "integer" && a.Max > 1<<31:
			s += fmt.Sprintf(" integer from %d", a.Min)
		case a.Kind == "integer":
			s += fmt.Sprintf(" integer %d–%d", a.Min, a.Max)
		case a.Kind != "text":
			s += " " + a.Kind
		}
		if a.Expressions {
			s += " (e)"
		}
		if !a.Offered {
			s += " (not offered)"
		}
		parts = append(parts, s)
	}
	if len(parts) > 0 {
		b.WriteString(": " + strings.Join(parts, ", "))
	}
	if f.Text {
		b.WriteString("; text (e)")
	}
	if len(f.Holds) > 0 {
		b.WriteString("; inside: " + strings.ReplaceAll(strings.Join(f.Holds, ", "), "*", "any policy"))
	}
	b.WriteString("\n")
	for _, child := range slices.Sorted(maps.Keys(f.Children)) {
		writeForm(b, child, f.Children[child], indent+"  ")
	}
}

// comments gives the comment of each constructor by the name of the policy that it makes.
func comments(t *testing.T) map[string]string {
	fset := token.NewFileSet()
	said := map[string]string{} // by package and function: "control.Choose"
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, own...) {
		f, err := goparser.ParseFile(fset, file, nil, goparser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				said[f.Name.Name+"."+fn.Name.Name] = strings.Join(strings.Fields(strings.TrimPrefix(fn.Doc.Text(), fn.Name.Name+" ")), " ")
			}
		}
	}
	about := map[string]string{"base": said["policy.base"], "include-fragment": said["policy.includeFragment"]}
	policies := all()
	for i, constructor := range constructors(t, fset) {
		about[policies[i].Name] = said[constructor]
	}
	for name, text := range about {
		if text == "" {
			t.Fatalf("the declaration of %s has no comment that the reference could quote", name)
		}
		about[name] = strings.ToUpper(text[:1]) + text[1:]
	}
	return about
}

// constructors gives the functions that all calls, in order.
func constructors(t *testing.T, fset *token.FileSet) (made []string) {
	f, err := goparser.ParseFile(fset, "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		list, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		for _, e := range list.Elts {
			if call, ok := e.(*ast.CallExpr); ok {
				s := call.Fun.(*ast.SelectorExpr)
				made = append(made, s.X.(*ast.Ident).Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return made
}

var update = flag.Bool("update", false, "rewrite docs/policies.md")

// golden compares got with a file, or writes it.
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

// TestDeclarations holds what every declaration promises.
func TestDeclarations(t *testing.T) {
	names := map[string]bool{}
	for _, d := range all() {
		if names[d.Name] {
			t.Errorf("%s is declared twice", d.Name)
		}
		names[d.Name] = true
		if allowed := policy.Documented(d.Name); allowed != d.Sections {
			t.Errorf("%s: declared for %q, documented for %q", d.Name, d.Sections, allowed)
		}
		if d.Compile == nil {
			t.Errorf("%s does nothing", d.Name)
		}
	}
	if n := len(New().Describe()); n < 77 {
		t.Errorf("%d policies are known, 77 are documented", n)
	}
}
