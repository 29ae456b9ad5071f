package policy

import (
	"fmt"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestReference holds docs/policies.md to the declarations, and to the comments
// of the functions that make them.
func TestReference(t *testing.T) {
	about := comments(t)
	var b strings.Builder
	b.WriteString("# Policies\n\nWritten from the declarations in `internal/policy` by `go test ./internal/policy -run TestReference -update`; do not edit.\n" +
		"Attributes with a star must be there; (e) may be a policy expression. Every policy may carry an `id`.\n")
	var missing []string
	for _, d := range Describe() {
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
	golden(t, "../../docs/policies.md", b.String())
}

func writeForm(b *strings.Builder, name string, f FormOf, indent string) {
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

// comments gives the comment of each declaration's function by the policy's name.
func comments(t *testing.T) map[string]string {
	notTests := func(i fs.FileInfo) bool { return !strings.HasSuffix(i.Name(), "_test.go") }
	packages, err := goparser.ParseDir(token.NewFileSet(), ".", notTests, goparser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{} // by the function's name
	var made []string           // the functions that declarations calls, in order
	for _, f := range packages["policy"].Files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil {
				continue
			}
			said[fn.Name.Name] = strings.Join(strings.Fields(strings.TrimPrefix(fn.Doc.Text(), fn.Name.Name+" ")), " ")
			if fn.Name.Name == "declarations" {
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok {
						made = append(made, call.Fun.(*ast.Ident).Name)
					}
					return true
				})
			}
		}
	}
	about := map[string]string{}
	for i, d := range declarations() {
		text := said[made[i]]
		if text == "" {
			t.Fatalf("the declaration of %s has no comment that the reference could quote", d.name)
		}
		about[d.name] = strings.ToUpper(text[:1]) + text[1:]
	}
	return about
}
