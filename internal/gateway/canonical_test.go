package gateway

import (
	"net/url"
	"strings"
	"testing"
)

func TestCanonicalize(t *testing.T) {
	for target, want := range map[string]string{ // "" is refused
		"/":                     "/",
		"/a/b/":                 "/a/b/",
		"/a?b=c&d=%20+/?":       "/a?b=c&d=%20+/?",
		"/%61%2D%2e%5f%7E":      "/a-._~",
		"/a%2fb%5cc%3a":         "/a%2Fb%5Cc%3A",
		"/caf\xc3\xa9":          "/caf%C3%A9",
		"/caf%c3%a9":            "/caf%C3%A9",
		"/{a}|[b]^`\"<>":        "/%7Ba%7D%7C%5Bb%5D%5E%60%22%3C%3E",
		"/a:b@c;v=1,2!$&'()*+=": "/a:b@c;v=1,2!$&'()*+=",
		"/a?q=\xc3\xa9":         "/a?q=%C3%A9",
		"/a.b/..c/.../d..":      "/a.b/..c/.../d..",
		"/a?x=../..":            "/a?x=../..",
		"/%252e%252e":           "/%252e%252e",
		"":                      "",
		"*":                     "",
		"a":                     "",
		"http://host/a":         "",
		"/a//b":                 "",
		"//a":                   "",
		"/a//":                  "",
		"/./a":                  "",
		"/a/..":                 "",
		"/a/../b":               "",
		"/a/%2e%2E/b":           "",
		"/a/..;x/b":             "",
		"/a/..%2fb":             "",
		"/a/b%2f..":             "",
		"/a/b%5C..%5cc":         "",
		"/a\\b":                 "",
		"/%":                    "",
		"/%4":                   "",
		"/%zz":                  "",
		"/a%00":                 "",
		"/a%0d%0ab":             "",
		"/a\tb":                 "",
		"/a b":                  "",
		"/a#b":                  "",
		"/a?q=%":                "",
		"/a?q=%g1":              "",
		"/a?q=\x00":             "",
	} {
		c, err := canonicalize(target)
		got := c.whole
		if path, query, _ := strings.Cut(got, "?"); path != c.path || query != c.query {
			t.Errorf("%q: %+v does not fit together", target, c)
		}
		if err != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q: got %q, %v; want %q", target, got, err, want)
		}
	}
}

func FuzzCanonicalize(f *testing.F) {
	for _, s := range []string{"/a/b?c=d", "/%2e%2f%C3%A9;x", "/a/..%2f/\\", "/\xff?%20\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		c, err := canonicalize(target)
		if err != nil {
			return
		}
		again, err := canonicalize(c.whole)
		if err != nil || again != c {
			t.Fatalf("%q became %q, which becomes %q (%v)", target, c, again, err)
		}
		plain, err := url.PathUnescape(c.path)
		if err != nil || decoded(c.path, false) != plain {
			t.Fatalf("%q cannot be unescaped: %v", c.path, err)
		}
		for segment := range strings.SplitSeq(strings.NewReplacer("%2F", "/", "%5C", "/").Replace(c.path), "/") {
			if s := decoded(segment, false); s == "." || s == ".." {
				t.Fatalf("%q holds a dot segment: %q", target, c.path)
			}
		}
	})
}
