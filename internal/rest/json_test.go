package rest

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/fault"
)

type document struct {
	Name  string         `json:"name"`
	Count int            `json:"count"`
	Flag  *bool          `json:"flag"`
	List  []string       `json:"list"`
	Map   map[string]any `json:"map"`
}

func TestUnmarshalJSON(t *testing.T) {
	for body, says := range map[string]string{
		`{"name":"a","count":1,"unknown":{"x":[1]},"list":["a","a"]}`: "",
		"\ufeff {\"name\":\"a\"} \r\n":                                "",
		`{"map":{"a":"map","b":{"a":1}}}`:                             "",
		``:                                                            "empty",
		`{`:                                                           "unexpected end",
		`{"name":"a"`:                                                 "unexpected end",
		`{"name":"a",}`:                                               "not JSON",
		`{"name":NaN}`:                                                "line 1, column 9",
		"{\n \"name\": 'a'}":                                          "line 2, column",
		`{"name":"a"} x`:                                              "after top-level value",
		`{"name":"a"}{}`:                                              "after top-level value",
		`{"name":"a","count":1,"name":1}`:                             `"name" twice`,
		`{"name":"a","NAME":"b"}`:                                     `"NAME" twice`,
		`{"map":{"x":{"y":1,"y":2}}}`:                                 `"y" twice`,
		`{"name":1}`:                                                  "The value of name must be a string and is a JSON number",
		`{"count":"1"}`:                                               "must be a whole number",
		`{"count":1.5}`:                                               "must be a whole number",
		`{"flag":"yes"}`:                                              "must be true or false",
		`{"list":{}}`:                                                 "must be an array",
		`{"map":[]}`:                                                  "must be an object",
		`[]`:                                                          "must be an object",
		`{"name":"` + "\xff" + `"}`:                                   "not UTF-8",
		strings.Repeat("[", 100) + strings.Repeat("]", 100): "deeper than 64",
	} {
		var d document
		err := UnmarshalJSON([]byte(body), &d)
		if says == "" && err != nil || says != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: got %v, want %q", body, err, says)
		}
	}
}

func TestWriteJSONIsTheDocumentAlone(t *testing.T) {
	w := httptest.NewRecorder()
	if err := WriteJSON(w, 201, map[string]string{"v": "<a>"}); err != nil {
		t.Fatal(err)
	}
	if w.Body.String() != `{"v":"<a>"}` || w.Code != 201 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
	}
}

func FuzzUnmarshalJSON(f *testing.F) {
	for _, s := range []string{`{"name":"a","list":["b"],"map":{"c":[{"d":1}]}}`, `{"a":1,"A":2}`, `[1,2`, `"x" "y"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if UnmarshalJSON(b, &v) == nil && !json.Valid([]byte(strings.TrimPrefix(string(b), "\ufeff"))) {
			t.Errorf("accepted %q", b)
		}
	})
}
