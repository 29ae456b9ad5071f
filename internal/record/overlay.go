package record

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/fault"
)

// Overlay is a Store in memory over another one: what is applied to it stays in
// it, so that a plan of many changes, each of which is checked against those
// before it, can be looked at as a whole and then made in one transaction, or
// not at all. It reads the store below one top collection ("/apis") at a time,
// when it is first asked for; nobody may change what it has read meanwhile.
type Overlay struct {
	below Store // nil: nothing is below

	mu          sync.Mutex
	loaded      map[string]bool     // top collections
	records     map[string]Record   // by key
	collections map[string][]string // keys of a collection's records, in the order of their creation
	before      map[string]Record   // what was below, by key, of all that was touched; zero where nothing was
	touched     []string            // its keys, in order
	clock       time.Time
	versions    int
}

// NewOverlay makes an Overlay over a store, or over nothing.
func NewOverlay(below Store) *Overlay {
	return &Overlay{below: below, loaded: map[string]bool{}, records: map[string]Record{}, collections: map[string][]string{}, before: map[string]Record{}, clock: time.Now().UTC()}
}

// top is the first collection of a key: "apis" of "/apis/echo".
func top(key string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(key, "/"), "/")
	return first
}

// collectionOf is the collection in which a key stands: "/apis" of "/apis/echo".
func collectionOf(key string) string { return key[:strings.LastIndexByte(key, '/')] }

// load reads the part of the store below in which a key stands.
func (o *Overlay) load(ctx context.Context, key string) error {
	first := top(key)
	if o.loaded[first] || o.below == nil {
		return nil
	}
	if first == "" {
		return errors.New("record: an overlay gives no tree of everything")
	}
	recs, err := o.below.Tree(ctx, "/"+first)
	if err != nil {
		return err
	}
	for _, r := range recs {
		o.add(r)
	}
	o.loaded[first] = true
	return nil
}

func (o *Overlay) add(r Record) {
	key := Key(r.Path)
	if _, known := o.records[key]; !known {
		c := collectionOf(key)
		o.collections[c] = append(o.collections[c], key)
	}
	o.records[key] = r
}

// Get implements Store.
func (o *Overlay) Get(ctx context.Context, path string) (Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := Key(path)
	if err := o.load(ctx, key); err != nil {
		return Record{}, err
	}
	r, ok := o.records[key]
	if !ok {
		return r, fault.New(fault.NotFound, "%s was not found.", Name(path))
	}
	return r, nil
}

// List implements Store.
func (o *Overlay) List(ctx context.Context, collection string) ([]Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := Key(strings.TrimSuffix(collection, "/"))
	if err := o.load(ctx, key); err != nil {
		return nil, err
	}
	if !strings.Contains(key, "*") {
		return o.recordsOf(o.collections[key]), nil
	}
	var keys []string
	pattern := strings.Split(key, "/")
	for c, members := range o.collections {
		if matches(pattern, strings.Split(c, "/")) {
			keys = append(keys, members...)
		}
	}
	return inOrder(o.recordsOf(keys)), nil
}

// matches compares the segments of a collection with those of a pattern.
func matches(pattern, collection []string) bool {
	return slices.EqualFunc(pattern, collection, func(p, c string) bool { return p == "*" || p == c })
}

func (o *Overlay) recordsOf(keys []string) []Record {
	recs := make([]Record, len(keys))
	for i, k := range keys {
		recs[i] = o.records[k]
	}
	return recs
}

// inOrder sorts records as a Store lists them.
func inOrder(recs []Record) []Record {
	slices.SortFunc(recs, func(a, b Record) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(Key(a.Path), Key(b.Path))
	})
	return recs
}

// Tree implements Store, but gives no tree of everything.
func (o *Overlay) Tree(ctx context.Context, root string) ([]Record, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := Key(strings.TrimSuffix(root, "/"))
	if err := o.load(ctx, key); err != nil {
		return nil, err
	}
	return inOrder(o.recordsOf(o.keysBelow(key))), nil
}

// keysBelow gives a key, where it has a record, and all below it.
func (o *Overlay) keysBelow(key string) []string {
	var keys []string
	if _, ok := o.records[key]; ok {
		keys = append(keys, key)
	}
	for c, members := range o.collections {
		if c == key || strings.HasPrefix(c, key+"/") {
			keys = append(keys, members...)
		}
	}
	return keys
}

// Apply implements Store. Where one of the changes fails, those before it stay:
// an overlay is thrown away then.
func (o *Overlay) Apply(ctx context.Context, changes ...Change) ([]Applied, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var applied []Applied
	for _, c := range changes {
		if err := o.load(ctx, Key(c.Path)); err != nil {
			return nil, err
		}
		done, err := o.apply(c)
		if err != nil {
			return nil, err
		}
		applied = append(applied, done...)
	}
	return applied, nil
}

func (o *Overlay) apply(c Change) ([]Applied, error) {
	key := Key(c.Path)
	old, exists := o.records[key]
	if err := c.Allowed(old, exists); err != nil {
		return nil, err
	}
	if c.Op == Put {
		return []Applied{{Old: old, New: o.put(c, old, exists)}}, nil
	}
	keys := []string{key}
	if c.Op == DeleteTree {
		keys = o.keysBelow(key)
	}
	applied := make([]Applied, len(keys))
	for i, k := range keys {
		applied[i].Old = o.records[k]
		o.touch(k)
		delete(o.records, k)
		parent := collectionOf(k)
		o.collections[parent] = slices.DeleteFunc(o.collections[parent], func(member string) bool { return member == k })
	}
	return applied, nil
}

func (o *Overlay) put(c Change, old Record, exists bool) Record {
	o.touch(Key(c.Path))
	o.versions++
	o.clock = o.clock.Add(1)
	r := Record{Path: c.Path, ETag: "planned-" + strconv.Itoa(o.versions), Body: c.Body, Created: o.clock, Updated: o.clock}
	if exists {
		r.Path, r.Created = old.Path, old.Created
	}
	o.add(r)
	return r
}

// touch notes what was below a key before its first change.
func (o *Overlay) touch(key string) {
	if _, noted := o.before[key]; !noted {
		o.before[key] = o.records[key]
		o.touched = append(o.touched, key)
	}
}

// Difference tells what is not as it is in the store below, in the order in
// which it was first changed. Its records have no times or ETags of their own.
func (o *Overlay) Difference(same func(old, new Record) bool) []Applied {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Applied
	for _, key := range o.touched {
		old, now := o.before[key], o.records[key]
		if old.Path == "" && now.Path == "" || old.Path != "" && now.Path != "" && same(old, now) {
			continue
		}
		all = append(all, Applied{Old: old, New: now})
	}
	return all
}

// ChangesOf are the changes that make a difference in the store that it was
// found against; they fail where somebody changed one of its records meanwhile.
func ChangesOf(difference []Applied) []Change {
	changes := make([]Change, len(difference))
	for i, d := range difference {
		switch {
		case d.New.Path == "":
			changes[i] = Change{Op: Delete, Path: d.Old.Path, Match: d.Old.ETag}
		case d.Old.Path == "":
			changes[i] = Change{Op: Put, Path: d.New.Path, Body: d.New.Body, Match: "-"}
		default:
			changes[i] = Change{Op: Put, Path: d.Old.Path, Body: d.New.Body, Match: d.Old.ETag}
		}
	}
	return changes
}
