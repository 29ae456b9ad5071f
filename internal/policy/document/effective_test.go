package document_test

import (
	"strings"
	"testing"

	"portico/internal/policy/document"
)

func TestEffective(t *testing.T) {
	global := document.Layer{Name: "global", Format: document.RawXML, Source: `<policies><inbound><cors /></inbound><backend><forward-request timeout="10" /></backend><outbound /><on-error /></policies>`}
	product := document.Layer{Name: "product", Format: document.XML, Source: `<policies><inbound><rate-limit calls="5" renewal-period="60" /><base /></inbound></policies>`}
	none := document.Layer{Name: "api"}
	operation := document.Layer{Name: "operation", Format: document.RawXML, Source: "<policies>\n<inbound><!-- mine --><base /><choose><when condition=\"@(1 < 2 && true)\"><set-body>a &lt; b</set-body></when></choose></inbound><backend /></policies>"}
	got, err := document.Effective(global, product, none, operation)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"<policies>",
		"    <inbound>",
		"        <!-- product -->",
		`        <rate-limit calls="5" renewal-period="60" />`,
		"        <!-- global -->",
		"        <cors />",
		"        <!-- operation -->",
		"        <choose>",
		`            <when condition="@(1 < 2 && true)">`,
		"                <set-body>a &lt; b</set-body>",
		"            </when>",
		"        </choose>",
		"    </inbound>",
		"    <backend>",
		"    </backend>",
		"    <outbound>",
		"    </outbound>",
		"    <on-error>",
		"    </on-error>",
		"</policies>",
		"",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, problems := document.Parse(document.RawXML, got); len(problems) > 0 {
		t.Errorf("the result cannot be read: %v", problems)
	}
}

func TestEffectiveNamesTheBrokenScope(t *testing.T) {
	_, err := document.Effective(document.Layer{Name: "global", Format: document.XML, Source: "<policies><inbound>"})
	if err == nil || !strings.Contains(err.Error(), "global") {
		t.Errorf("got %v", err)
	}
}
