package caching

import (
	"reflect"
	"testing"

	"portico/internal/policy"
)

func TestStoredForms(t *testing.T) {
	for _, v := range []any{nil, "", "text", []byte{1, 2}, true, false, int64(-5), -5, 1.5,
		&policy.Response{Status: 201, Reason: "Made", Headers: policy.Headers{{Name: "A", Value: "1"}, {Name: "A", Value: "2"}}, Body: policy.BytesBody([]byte("body"))}} {
		stored, err := storedForm(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := fromStoredForm(stored); !ok || !reflect.DeepEqual(got, v) {
			t.Errorf("%#v became %#v", v, got)
		}
	}
}

func FuzzStoredForm(f *testing.F) {
	res, err := storedForm(&policy.Response{Status: 200, Headers: policy.Headers{{Name: "A", Value: "1"}}, Body: policy.BytesBody([]byte("b"))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(res)
	f.Add([]byte{storedFloat, 1})
	f.Fuzz(func(_ *testing.T, b []byte) {
		fromStoredForm(b)
		readStoredResponse(b, nil)
	})
}
