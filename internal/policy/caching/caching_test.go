package caching_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"portico/internal/cache"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// cached is a bench with a cache.
func cached(t *testing.T) *policytest.Bench {
	b := policytest.New(t)
	b.Use(policy.Services{Cache: cache.NewMemory(1<<20, func() time.Time { return b.Now })})
	return b
}

// variable runs an inbound section and gives a variable that it left.
func variable(t testing.TB, b *policytest.Bench, section, name string) (any, error) {
	t.Helper()
	x := b.Exchange()
	err := policy.Assemble(b.Unit(policy.API, "<inbound>"+section+"</inbound>")).Inbound.Run(x)
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
		b.Now = b.Now.Add(step.wait)
		if got, err := variable(t, b, step.policy, "v"); err != nil || got != step.want {
			t.Errorf("%s: %v, %v; want %v", step.policy, got, err, step.want)
		}
	}
}

func TestCacheValueMakesAndRefreshes(t *testing.T) {
	b := cached(t)
	const keep = `<cache-value key="k" variable-name="v" expires-after="60" refresh-after="40"%s><set-variable name="v" value="@((string)context.Variables["made"])" /></cache-value>`
	call := func(attribute, made string) (any, error) {
		x := b.Exchange()
		if made != "" { // else the policy inside fails
			x.SetVariable("made", made)
		}
		err := b.Inbound(fmt.Sprintf(keep, attribute)).Run(x)
		return x.Variables["v"], err
	}
	for _, step := range []struct {
		wait time.Duration
		made string
		want any
	}{
		{0, "1", "1"},
		{39 * time.Second, "2", "1"},          // kept
		{time.Second, "3", "3"},               // refreshed
		{50 * time.Second, "", "3"},           // not refreshed: the old one is used
		{10 * time.Second, "", "the default"}, // gone
	} {
		b.Now = b.Now.Add(step.wait)
		if got, err := call(` default-value="the default"`, step.made); err != nil || got != step.want {
			t.Errorf("%+v: %#v, %v", step, got, err)
		}
	}
	if _, err := call("", ""); err == nil {
		t.Error("a value that cannot be made, without a default, is an error")
	}
	if _, err := variable(t, b, `<cache-value key="other" variable-name="v"><set-variable name="w" value="1" /></cache-value>`, "v"); policytest.Error(t, err).Status != 500 {
		t.Errorf("%v", err)
	}
}

func TestCacheFailureCostsNoCall(t *testing.T) {
	b := policytest.New(t)
	b.Use(policy.Services{Cache: brokenCache{}})
	if v, err := variable(t, b, `<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />
		<cache-store-value key="k" value="1" duration="1" /><cache-lookup-value key="k" variable-name="v" default-value="d" />`, "v"); err != nil || v != "d" {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := variable(t, b, `<cache-remove-value key="k" />`, ""); policytest.Error(t, err).Status != 500 {
		t.Error("a value that could not be removed must not seem to be")
	}
}

type brokenCache struct{}

var errBroken = errors.New("broken")

func (brokenCache) Get(context.Context, string) ([]byte, time.Duration, bool, error) {
	return nil, 0, false, errBroken
}

func (brokenCache) Set(context.Context, string, []byte, time.Duration) error { return errBroken }

func (brokenCache) Remove(context.Context, string) error { return errBroken }
