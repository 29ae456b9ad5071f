package policy

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"portico/internal/cache"
)

// cached is a bench with a cache.
func cached(t *testing.T) *bench {
	b := newBench(t)
	b.compiler = NewCompiler(Services{Cache: cache.NewMemory(1<<20, func() time.Time { return b.now })})
	return b
}

// variable runs an inbound section and gives a variable that it left.
func (b *bench) variable(section, name string) (any, error) {
	b.t.Helper()
	x := b.exchange()
	err := Assemble(b.unit(API, "<inbound>"+section+"</inbound>")).Inbound.Run(x)
	return x.Variables[name], err
}

func TestCachedValues(t *testing.T) {
	b := cached(t)
	const get = `<cache-lookup-value key="k" variable-name="v" default-value="none" />`
	for _, step := range []struct {
		policy string
		wait   time.Duration
		want   any
	}{
		{`<cache-lookup-value key="k" variable-name="v" />`, 0, nil},
		{get, 0, "none"},
		{`<cache-store-value key="k" value="1" duration="30" />` + get, 0, "1"},
		{get, 29 * time.Second, "1"},
		{get, time.Second, "none"},
		{`<cache-store-value key="k" value="2" duration="30" caching-type="internal" />` + get, 0, "2"},
		{`<cache-remove-value key="k" />` + get, 0, "none"},
		{`<cache-store-value key="k" value="3" duration="0" />` + get, 0, "none"},
	} {
		b.now = b.now.Add(step.wait)
		if got, err := b.variable(step.policy, "v"); err != nil || got != step.want {
			t.Errorf("%s: %v, %v; want %v", step.policy, got, err, step.want)
		}
	}
}

func TestCacheValueMakesAndRefreshes(t *testing.T) {
	b := cached(t)
	made := 0
	fails := false
	keep := &keepingValue{cache: b.compiler.services.Cache, key: Value{literal: "k"}, variable: Value{literal: "v"}, expires: Value{literal: "60"}, refresh: Value{literal: "40"}}
	keep.steps = Steps{{at: &location{}, action: actionFunc(func(x *Exchange) error {
		if fails {
			return errors.New("not now")
		}
		made++
		x.SetVariable("v", made)
		return nil
	})}}
	for _, step := range []struct {
		wait  time.Duration
		fails bool
		want  any
	}{
		{0, false, 1},                           // made
		{39 * time.Second, false, 1},            // kept
		{time.Second, false, 2},                 // refreshed
		{50 * time.Second, true, 2},             // not refreshed: the old one is used
		{10 * time.Second, true, "the default"}, // gone
	} {
		b.now, fails = b.now.Add(step.wait), step.fails
		keep.otherwise, keep.hasDefault = Value{literal: "the default"}, true
		x := b.exchange()
		if err := keep.Do(x); err != nil || x.Variables["v"] != step.want {
			t.Errorf("%+v: %#v, %v", step, x.Variables["v"], err)
		}
	}
	keep.hasDefault = false
	if err := keep.Do(b.exchange()); err == nil {
		t.Error("a value that cannot be made, without a default, is an error")
	}
	if _, err := b.variable(`<cache-value key="other" variable-name="v"><set-variable name="w" value="1" /></cache-value>`, "v"); lastError(t, err).Status != 500 {
		t.Errorf("%v", err)
	}
}

// actionFunc is an Action that is a function.
type actionFunc func(x *Exchange) error

func (f actionFunc) Do(x *Exchange) error { return f(x) }

func TestStoredForms(t *testing.T) {
	for _, v := range []any{nil, "", "text", []byte{1, 2}, true, false, int64(-5), -5, 1.5,
		&Response{Status: 201, Reason: "Made", Headers: Headers{{"A", "1"}, {"A", "2"}}, Body: BytesBody([]byte("body"))}} {
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
	res, err := storedForm(&Response{Status: 200, Headers: Headers{{"A", "1"}}, Body: BytesBody([]byte("b"))})
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

func TestCacheFailureCostsNoCall(t *testing.T) {
	b := newBench(t)
	b.compiler = NewCompiler(Services{Cache: brokenCache{}})
	if v, err := b.variable(`<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />
		<cache-store-value key="k" value="1" duration="1" /><cache-lookup-value key="k" variable-name="v" default-value="d" />`, "v"); err != nil || v != "d" {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := b.variable(`<cache-remove-value key="k" />`, ""); lastError(t, err).Status != 500 {
		t.Error("a value that could not be removed must not seem to be")
	}
}

type brokenCache struct{}

var errBroken = errors.New("broken")

func (brokenCache) Get(context.Context, string) ([]byte, time.Duration, bool, error) {
	return nil, 0, false, errBroken
}
func (brokenCache) Set(context.Context, string, []byte, time.Duration) error { return errBroken }
func (brokenCache) Remove(context.Context, string) error                     { return errBroken }
