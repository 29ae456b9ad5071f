package arm_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"portico/internal/access"
)

// leastOffered is how many operations of the contract must reach a route.
const leastOffered = 300

// TestSDKOperationsOffered calls every operation of Microsoft's SDK, workspaces
// aside, and prints (with -v) how many reach a route, and which do not.
func TestSDKOperationsOffered(t *testing.T) {
	f := newFixture(t)
	var reached string
	for i := range f.Routes {
		route := &f.Routes[i]
		route.Handle = func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			reached = r.Method + " " + route.Pattern
			w.WriteHeader(http.StatusNotFound)
			return nil
		}
	}
	sdk := f.sdk(t, false)
	var offered int
	var missing []string
	factory := reflect.ValueOf(sdk)
	for i := range factory.NumMethod() {
		m := factory.Type().Method(i)
		if !strings.HasPrefix(m.Name, "New") || !strings.HasSuffix(m.Name, "Client") || strings.Contains(m.Name, "Workspace") {
			continue
		}
		c := sdkClient{t: t, client: factory.Method(i).Call(nil)[0]}
		for j := range c.client.NumMethod() {
			name := c.client.Type().Method(j).Name
			reached = ""
			c.request(c.client.Method(j))
			if reached != "" {
				offered++
			} else {
				missing = append(missing, strings.TrimSuffix(strings.TrimPrefix(m.Name, "New"), "Client")+"."+name)
			}
		}
	}
	t.Logf("%d operations of %d reach a route; not offered are %s", offered, offered+len(missing), strings.Join(missing, ", "))
	if offered < leastOffered {
		t.Errorf("%d operations are offered, want %d", offered, leastOffered)
	}
}

// request sends the request of an operation, whatever becomes of it.
func (c sdkClient) request(m reflect.Value) {
	var args []reflect.Value
	strings := 0
	for i := range m.Type().NumIn() {
		in := m.Type().In(i)
		switch in.Kind() {
		case reflect.Interface:
			args = append(args, reflect.ValueOf(ctx))
		case reflect.String:
			text := "x"
			if strings < 2 {
				text = []string{group, service}[strings]
			}
			strings++
			args = append(args, reflect.ValueOf(text).Convert(in))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	out := m.Call(args)
	if next := out[0].MethodByName("NextPage"); next.IsValid() {
		next.Call([]reflect.Value{reflect.ValueOf(ctx)})
	}
}
