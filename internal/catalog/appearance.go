package catalog

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"portico/internal/fault"
)

// Appearances is the collection of how the developer portal looks; it has one
// member, DefaultAppearance. The contract has no such resource.
const (
	Appearances       = "/portalAppearances"
	DefaultAppearance = "default"
)

// Appearance is how the developer portal looks. What is left out is Portico's own.
type Appearance struct {
	Title    string     `json:"title,omitempty"`        // empty: the publisher's name
	Logo     string     `json:"logo,omitempty"`         // a data: address of an image
	Primary  string     `json:"primaryColor,omitempty"` // #rrggbb
	HomePage string     `json:"homePage,omitempty"`     // Markdown
	Menu     []MenuItem `json:"menu,omitempty"`         // besides the portal's own pages
}

// MenuItem is an entry of the portal's menu.
type MenuItem struct {
	Label string `json:"label"`
	URL   string `json:"url"` // http, https or mailto, or a path of the portal
}

// Limits of what can be set.
const (
	maxLogo     = 512 << 10 // bytes of the image
	maxHomePage = 64 << 10  // characters
	maxMenu     = 12
)

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// CheckAppearance checks how the portal is to look.
func CheckAppearance(a *Appearance) error {
	bad := Incorrect()
	checkLength(bad, "title", a.Title, 0, 100)
	checkLength(bad, "homePage", a.HomePage, 0, maxHomePage)
	if a.Primary != "" && !hexColor.MatchString(a.Primary) {
		bad.With(CodeValidation, "primaryColor", "%q is not a colour such as #14607c.", a.Primary)
	}
	if problem := checkLogo(a.Logo); problem != "" {
		bad.With(CodeValidation, "logo", "%s", problem)
	}
	if len(a.Menu) > maxMenu {
		bad.With(CodeValidation, "menu", "The menu has at most %d entries of your own.", maxMenu)
	}
	for i, m := range a.Menu {
		checkLength(bad, fmt.Sprintf("menu[%d].label", i), m.Label, 1, 60)
		checkMenuURL(bad, fmt.Sprintf("menu[%d].url", i), m.URL)
	}
	return bad.OrNil()
}

// checkMenuURL refuses an address that would run something, or leave the portal unseen.
func checkMenuURL(bad *fault.Error, target, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || text == "" || len(text) > maxServiceURL || strings.ContainsAny(text, "\\\r\n\t"):
	case strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//"):
		return
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil, u.Scheme == "mailto" && u.Opaque != "":
		return
	}
	bad.With(CodeValidation, target, "%q is no address for a menu: use https://…, http://…, mailto:… or a path of the portal that begins with /.", text)
}

// imageMarks are how the files of each kind of image begin.
var imageMarks = map[string]func(b []byte) bool{
	"image/png":  func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) },
	"image/jpeg": func(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) },
	"image/gif":  func(b []byte) bool { return bytes.HasPrefix(b, []byte("GIF8")) },
	"image/webp": func(b []byte) bool {
		return len(b) > 12 && bytes.HasPrefix(b, []byte("RIFF")) && string(b[8:12]) == "WEBP"
	},
	"image/svg+xml": func(b []byte) bool { return bytes.Contains(b[:min(len(b), 1024)], []byte("<svg")) },
}

// checkLogo tells what is wrong with a logo, or "". Its bytes decide what it is, not what it says.
func checkLogo(text string) string {
	if text == "" {
		return ""
	}
	kind, data, ok := strings.Cut(strings.TrimPrefix(text, "data:"), ";base64,")
	is, known := imageMarks[kind]
	if !ok || !strings.HasPrefix(text, "data:") || !known {
		return "The logo must be a data: address of a PNG, JPEG, GIF, WebP or SVG image in base64."
	}
	if base64.StdEncoding.DecodedLen(len(data)) > maxLogo+2 {
		return fmt.Sprintf("The logo is larger than %d KiB.", maxLogo>>10)
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil || !is(b) {
		return "The logo says that it is " + kind + ", and is not."
	}
	return ""
}
