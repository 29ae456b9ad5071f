package catalog_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
)

func TestCheckAppearance(t *testing.T) {
	image := func(kind, content string) string {
		return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString([]byte(content))
	}
	const png = "\x89PNG\r\n\x1a\n...."
	for _, test := range []struct {
		what string
		a    catalog.Appearance
		want string // in the error; "" is none
	}{
		{"nothing", catalog.Appearance{}, ""},
		{"all", catalog.Appearance{Title: "APIs", Logo: image("image/png", png), Primary: "#14607C", HomePage: "# Hi", Menu: []catalog.MenuItem{{"Help", "https://a.b/c"}, {"Mail", "mailto:a@b.c"}, {"APIs", "/apis"}}}, ""},
		{"a drawing", catalog.Appearance{Logo: image("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"/>`)}, ""},
		{"no image", catalog.Appearance{Logo: image("image/png", "<html>")}, "is not"},
		{"a page", catalog.Appearance{Logo: image("text/html", "<html>")}, "must be a data: address"},
		{"an address", catalog.Appearance{Logo: "https://a.b/logo.png"}, "must be a data: address"},
		{"5 MB", catalog.Appearance{Logo: image("image/png", png+strings.Repeat("x", 5<<20))}, "larger than 512 KiB"},
		{"a colour's name", catalog.Appearance{Primary: "red"}, "is not a colour"},
		{"a script", catalog.Appearance{Menu: []catalog.MenuItem{{"x", "javascript:alert(1)"}}}, "no address for a menu"},
		{"another host", catalog.Appearance{Menu: []catalog.MenuItem{{"x", "//evil.example"}}}, "no address for a menu"},
		{"no label", catalog.Appearance{Menu: []catalog.MenuItem{{"", "/"}}}, "label"},
		{"too many", catalog.Appearance{Menu: make([]catalog.MenuItem, 13)}, "at most 12"},
	} {
		err := catalog.CheckAppearance(&test.a)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(fault.As(err).Problems[0].Target+fault.As(err).Problems[0].Message, test.want) {
			t.Errorf("%s: got %v, want %q", test.what, err, test.want)
		}
	}
}
