package arm_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
)

// kind is a kind of resource as a client of Microsoft's SDK drives it. The
// methods are found by their names, so that one lifecycle serves all kinds.
type kind struct {
	client  func(sdk *apim.ClientFactory) any
	ids     []string // the parents' names and its own
	before  []string // what must be there first: a path, a space, properties
	create  string   // properties
	patch   string   // properties to change; "" where the kind has no PATCH
	differ  []string // properties that are not read back as they were written
	hidden  string   // text that no answer holds
	name    string   // its own name, where that is fixed and so none of ids
	shown   string   // what is read back besides what was written
	created bool     // a PUT creates only: it answers 201, and refuses what is there
	// initial says that the resource is there before anybody wrote it, and cannot be missing.
	initial bool
}

// sdkClient calls the methods of one SDK client for one resource.
type sdkClient struct {
	t      *testing.T
	client reflect.Value
	ids    []string
}

// method finds the first of some methods that the client has.
func (c sdkClient) method(names ...string) (reflect.Value, string) {
	for _, name := range names {
		if m := c.client.MethodByName(name); m.IsValid() {
			return m, name
		}
	}
	for _, name := range names {
		for i := range c.client.NumMethod() {
			if m := c.client.Type().Method(i).Name; strings.HasPrefix(m, name) {
				return c.client.Method(i), m
			}
		}
	}
	return reflect.Value{}, ""
}

// call calls a method: the group, the instance, the ids and an ETag for its
// strings, properties for its model, options as set says.
func (c sdkClient) call(m reflect.Value, ids []string, etag, properties string, set map[string]any) (reflect.Value, error) {
	c.t.Helper()
	texts := slices.Concat([]string{group, service}, ids, []string{etag})
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		in := m.Type().In(i)
		switch {
		case in.Kind() == reflect.Interface:
			args = append(args, reflect.ValueOf(ctx))
		case in.Kind() == reflect.String:
			args = append(args, reflect.ValueOf(texts[0]).Convert(in))
			texts = texts[1:]
		case in.Kind() == reflect.Struct:
			args = append(args, c.model(in, properties))
		case in.Kind() == reflect.Pointer:
			args = append(args, options(in.Elem(), set))
		default:
			c.t.Fatalf("a parameter of type %v", in)
		}
	}
	out := m.Call(args)
	if len(out) == 1 {
		return out[0], nil
	}
	err, _ := out[1].Interface().(error)
	if err != nil {
		return reflect.Value{}, err
	}
	result := out[0].MethodByName("Result")
	if !result.IsValid() {
		return out[0], nil
	}
	if !out[0].MethodByName("Done").Call(nil)[0].Bool() {
		return reflect.Value{}, errors.New("the operation is not over at once")
	}
	out = result.Call([]reflect.Value{reflect.ValueOf(ctx)})
	err, _ = out[1].Interface().(error)
	return out[0], err
}

// model makes a model of properties, and fails where it has no place for one of them.
func (c sdkClient) model(of reflect.Type, properties string) reflect.Value {
	c.t.Helper()
	v := reflect.New(of)
	sent := []byte(`{"properties":` + properties + `}`)
	if err := json.Unmarshal(sent, v.Interface()); err != nil {
		c.t.Fatal(err)
	}
	if missing := difference(decoded(c.t, sent), decoded(c.t, encoded(c.t, v.Interface())), ""); missing != "" {
		c.t.Fatalf("the model %v does not hold %s", of, missing)
	}
	return v.Elem()
}

// options fills in the options that a method has; others are for other methods.
func options(of reflect.Type, set map[string]any) reflect.Value {
	v := reflect.New(of)
	for name, value := range set {
		if f := v.Elem().FieldByName(name); f.IsValid() {
			p := reflect.New(f.Type().Elem())
			p.Elem().Set(reflect.ValueOf(value).Convert(f.Type().Elem()))
			f.Set(p)
		}
	}
	return v
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, b []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

// difference tells where got lacks something of want, or "".
func difference(want, got any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: got %v, want an object", at, got)
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if d := difference(want[name], members[name], at+"."+name); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s: got %v, want %v", at, got, want)
		}
		for i := range want {
			if d := difference(want[i], list[i], fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		return ""
	}
	if a, ok := want.(string); ok { // ids and dates come back in one form
		if b, ok := got.(string); ok && (strings.EqualFold(a, b) || strings.HasSuffix(b, a)) {
			return ""
		}
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%s: got %v, want %v", at, got, want)
	}
	return ""
}

// run drives the whole life of a resource.
func (k kind) run(t *testing.T, sdk *apim.ClientFactory) {
	c := sdkClient{t, reflect.ValueOf(k.client(sdk)), k.ids}
	get, _ := c.method("Get")
	head, headName := c.method("GetEntityTag", "GetEntityState", "HeadBy")
	put, _ := c.method("CreateOrUpdate", "BeginCreateOrUpdate", "Create", "BeginCreate")
	remove, removeName := c.method("Delete", "BeginDelete")
	patch, _ := c.method("Update", "BeginUpdate")

	refused := func(what string, status int, m reflect.Value, etag, properties string, set map[string]any) {
		t.Helper()
		_, err := c.call(m, k.ids, etag, properties, set)
		wantStatus(t, what, err, status)
	}
	done := func(what string, m reflect.Value, etag, properties string, set map[string]any) reflect.Value {
		t.Helper()
		v, err := c.call(m, k.ids, etag, properties, set)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
	if !k.initial {
		refused("read before create", http.StatusNotFound, get, "", "", nil)
	}
	stale := map[string]any{"IfMatch": `"stale"`}
	if takes(put, "IfMatch") {
		refused("create a version that does not exist", http.StatusPreconditionFailed, put, "", k.create, stale)
	}
	done("create", put, "", k.create, nil)
	want := decoded(t, []byte(k.create)).(map[string]any)
	for _, name := range k.differ {
		delete(want, name)
	}
	if k.shown != "" {
		maps.Copy(want, decoded(t, []byte(k.shown)).(map[string]any))
	}
	reads := func(what string) {
		t.Helper()
		text := encoded(t, done(what, get, "", "", nil).Interface())
		got := decoded(t, text).(map[string]any)
		if d := difference(map[string]any{"name": k.own(), "properties": want}, got, ""); d != "" {
			t.Errorf("%s: %s in %s", what, d, text)
		}
		if k.hidden != "" && strings.Contains(string(text), k.hidden) {
			t.Errorf("%s: a secret is shown: %s", what, text)
		}
	}
	reads("read")
	if !k.created {
		done("replace", put, "", k.create, map[string]any{"IfMatch": "*"})
		reads("read after replace")
	}
	etag := `*`
	if headName != "" {
		etag = *done("HEAD", head, "", "", nil).FieldByName("ETag").Interface().(*string)
	}
	if k.patch != "" {
		refused("patch a stale version", http.StatusPreconditionFailed, patch, `"stale"`, k.patch, nil)
		done("patch", patch, etag, k.patch, nil)
		maps.Copy(want, decoded(t, []byte(k.patch)).(map[string]any))
		reads("read after patch")
	}
	k.lists(t, c)
	if removeName == "" {
		return
	}
	refused("delete a stale version", http.StatusPreconditionFailed, remove, `"stale"`, "", stale)
	done("delete", remove, "*", "", nil)
	if !k.initial {
		refused("read after delete", http.StatusNotFound, get, "", "", nil)
	}
	done("delete again", remove, "*", "", nil)
}

// takes tells whether the options of a method have a field.
func takes(m reflect.Value, field string) bool {
	last := m.Type().In(m.Type().NumIn() - 1)
	_, ok := last.Elem().FieldByName(field)
	return ok
}

// own is the resource's own name.
func (k kind) own() string {
	if k.name != "" {
		return k.name
	}
	return k.ids[len(k.ids)-1]
}

// lists finds the resource in its list: whole, filtered, and in pages of one.
func (k kind) lists(t *testing.T, c sdkClient) {
	t.Helper()
	if _, name := c.method("NewListBy", "NewListPager", "ListBy"); name == "" && k.name != "" {
		return // its list belongs to another client
	}
	own, parents := k.own(), k.ids
	if k.name == "" {
		parents = k.ids[:len(k.ids)-1]
	}
	list := func(set map[string]any) (names []string) {
		t.Helper()
		m, name := c.method("NewListByServicePager", "NewListBy", "NewListPager", "ListBy")
		if name == "" {
			t.Fatal("the client has no list")
		}
		v, err := c.call(m, parents, "", "", set)
		if err != nil {
			t.Fatal(err)
		}
		pages := []reflect.Value{v}
		if more := v.MethodByName("More"); more.IsValid() {
			pages = nil
			for more.Call(nil)[0].Bool() {
				out := v.MethodByName("NextPage").Call([]reflect.Value{reflect.ValueOf(ctx)})
				if err, _ := out[1].Interface().(error); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				pages = append(pages, out[0])
			}
		}
		for _, p := range pages {
			values := p.FieldByName("Value")
			for i := range values.Len() {
				names = append(names, *values.Index(i).Elem().FieldByName("Name").Interface().(*string))
			}
		}
		return names
	}
	all := list(nil)
	if !slices.Contains(all, own) {
		t.Errorf("%s is not in the list %q", own, all)
	}
	if got := list(map[string]any{"Top": 1}); !slices.Equal(got, all) {
		t.Errorf("in pages of one: %q, want %q", got, all)
	}
	m, _ := c.method("NewListByServicePager", "NewListBy", "NewListPager", "ListBy")
	if takes(m, "Filter") {
		if got := list(map[string]any{"Filter": "name eq '" + own + "'"}); !slices.Equal(got, []string{own}) {
			t.Errorf("filtered: %q, want %s", got, own)
		}
	}
}

// runKinds drives each kind on a new instance.
func runKinds(t *testing.T, kinds map[string]kind) {
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, p := range k.before {
				path, properties, _ := strings.Cut(p, " ")
				f.put(t, path, properties)
			}
			k.run(t, f.sdk(t, false))
		})
	}
}

// put makes a resource below the instance for another's sake.
func (f *fixture) put(t *testing.T, path, properties string) {
	t.Helper()
	if w := f.call(t, http.MethodPut, path, `{"properties":`+properties+`}`); w.Code != http.StatusOK && w.Code != http.StatusCreated {
		t.Fatalf("PUT %s: %d %s", path, w.Code, w.Body)
	}
}
