package server

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/blob/account"
	"portico/internal/fault"
)

// conditions are a call's conditional headers.
type conditions struct {
	match, noneMatch               []string // ETags without quotes, or "*"
	modifiedSince, unmodifiedSince time.Time
}

const anyETag = "*"

// conditionsOf reads the headers whose names have that prefix ("x-ms-source-" for a copy's source).
func conditionsOf(h http.Header, prefix string) (x conditions, err error) {
	x.match = etags(h.Get(prefix + "If-Match"))
	x.noneMatch = etags(h.Get(prefix + "If-None-Match"))
	for _, c := range []struct {
		name string
		to   *time.Time
	}{{"If-Modified-Since", &x.modifiedSince}, {"If-Unmodified-Since", &x.unmodifiedSince}} {
		if v := h.Get(prefix + c.name); v != "" {
			if *c.to, err = http.ParseTime(v); err != nil {
				return x, invalidHeader(prefix+c.name, v)
			}
		}
	}
	return x, nil
}

func etags(v string) (all []string) {
	for tag := range strings.SplitSeq(v, ",") {
		if tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`); tag != "" {
			all = append(all, tag)
		}
	}
	return all
}

// version is what conditions are held against.
type version struct {
	exists   bool
	etag     string
	modified time.Time
}

func versionOf(b *account.Blob) version {
	if b == nil {
		return version{}
	}
	return version{true, b.ETag, b.Modified}
}

// in tells whether one of the tags is the version's.
func (v version) in(tags []string) bool {
	return v.exists && (slices.Contains(tags, anyETag) || slices.Contains(tags, v.etag))
}

func conditionNotMet(k fault.Kind) error {
	return fault.Coded(k, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
}

// read holds a read's conditions against what exists: both of If-Match and
// If-Unmodified-Since must hold, and one of If-None-Match and If-Modified-Since.
func (x conditions) read(v version) error {
	if slices.Contains(x.noneMatch, anyETag) {
		return fault.Coded(fault.Invalid, "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.")
	}
	if len(x.match) > 0 && !v.in(x.match) || !x.unmodifiedSince.IsZero() && v.modified.After(x.unmodifiedSince) {
		return conditionNotMet(fault.StaleETag)
	}
	other := len(x.noneMatch) > 0 && !v.in(x.noneMatch)
	newer := !x.modifiedSince.IsZero() && v.modified.After(x.modifiedSince)
	if (len(x.noneMatch) > 0 || !x.modifiedSince.IsZero()) && !other && !newer {
		return conditionNotMet(fault.NotModified)
	}
	return nil
}

// checkWrite refuses combinations that a write cannot have.
func (x conditions) checkWrite() error {
	n := 0
	for _, given := range []bool{len(x.match) > 0, len(x.noneMatch) > 0, !x.modifiedSince.IsZero(), !x.unmodifiedSince.IsZero()} {
		if given {
			n++
		}
	}
	negative := len(x.noneMatch) > 0 || !x.modifiedSince.IsZero()
	positive := len(x.match) > 0 || !x.unmodifiedSince.IsZero()
	if len(x.match) > 1 || len(x.noneMatch) > 1 || n > 2 || negative && positive {
		return fault.Coded(fault.Invalid, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.")
	}
	return nil
}

// write holds a write's conditions. An ETag goes over a time.
func (x conditions) write(v version) error {
	met := true
	switch {
	case len(x.noneMatch) > 0:
		met = !v.in(x.noneMatch)
	case len(x.match) > 0:
		met = v.in(x.match)
	case !v.exists:
	case !x.modifiedSince.IsZero():
		met = v.modified.After(x.modifiedSince)
	case !x.unmodifiedSince.IsZero():
		met = !v.modified.After(x.unmodifiedSince)
	}
	if !met {
		return conditionNotMet(fault.StaleETag)
	}
	return nil
}

// writeConditions reads and checks a write's headers.
func (c *call) writeConditions() (conditions, error) {
	x, err := conditionsOf(c.r.Header, "")
	if err != nil {
		return x, err
	}
	return x, x.checkWrite()
}

// check is the account's Check of a change to an existing blob.
func (x conditions) check(b *account.Blob) error { return x.write(versionOf(b)) }

// checkMake is the account's Check of a call that makes or replaces a blob.
func (c *call) checkMake(x conditions) account.Check {
	return func(b *account.Blob) error {
		if b != nil && c.createOnly {
			return fault.Coded(fault.Forbidden, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.")
		}
		if b != nil && slices.Contains(x.noneMatch, anyETag) {
			return fault.Coded(fault.Conflict, "BlobAlreadyExists", "The specified blob already exists.")
		}
		return x.check(b)
	}
}
