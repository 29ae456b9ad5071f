// Package inputoutputtest has storage accounts for tests of modules.
package inputoutputtest

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/module/inputoutput"
)

// Blobs are blobs in memory, by container and name. The account is called own, and has the key "key" or none.
type Blobs map[string]string

func (b Blobs) check(at inputoutput.Place) error {
	switch {
	case at.URL != "" && !strings.HasPrefix(at.URL, "https://"):
		return fault.Coded(fault.Invalid, "InvalidUri", "no address")
	case at.URL != "" && !strings.Contains(at.URL, "sig=good"):
		return fault.Coded(fault.Forbidden, "AuthenticationFailed", "the signature is wrong")
	case at.URL != "":
		return nil
	case at.Account != "own":
		return fault.Coded(fault.Invalid, "InvalidAccount", "no account")
	case at.Key != "" && at.Key != "key":
		return fault.Coded(fault.Forbidden, "AuthenticationFailed", "the key is wrong")
	}
	for name := range b {
		if strings.HasPrefix(name, at.Container+"/") {
			return nil
		}
	}
	return fault.Coded(fault.NotFound, "ContainerNotFound", "no container")
}

func key(at inputoutput.Place, name string) string {
	if at.URL != "" {
		path, _, _ := strings.Cut(strings.TrimPrefix(at.URL, "https://own/"), "?")
		return path
	}
	return at.Container + "/" + name
}

// List implements inputoutput.Blobs.
func (b Blobs) List(_ context.Context, at inputoutput.Place, prefix string, limit int) ([]string, error) {
	if err := b.check(at); err != nil {
		return nil, err
	}
	var names []string
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if name, ok := strings.CutPrefix(k, at.Container+"/"); ok && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	if len(names) > limit {
		return nil, fault.New(fault.TooLarge, "too many")
	}
	return names, nil
}

// Open implements inputoutput.Blobs.
func (b Blobs) Open(_ context.Context, at inputoutput.Place, name string) (io.ReadCloser, error) {
	if err := b.check(at); err != nil {
		return nil, err
	}
	text, ok := b[key(at, name)]
	if !ok {
		return nil, fault.Coded(fault.NotFound, "BlobNotFound", "no blob")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// Put implements inputoutput.Blobs.
func (b Blobs) Put(_ context.Context, at inputoutput.Place, name, _ string, content io.Reader, overwrite bool) error {
	if err := b.check(at); err != nil {
		return err
	}
	if _, exists := b[key(at, name)]; exists && !overwrite {
		return fault.New(fault.Conflict, "exists")
	}
	text, err := io.ReadAll(content)
	if err == nil {
		b[key(at, name)] = string(text)
	}
	return err
}
