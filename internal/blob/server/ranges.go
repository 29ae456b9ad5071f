package server

import (
	"net/http"
	"strconv"
	"strings"
)

// byteRange is the part of a blob that a call is about: from one offset up to another.
type byteRange struct{ from, to int64 }

const maxOffset = 1<<63 - 1

// parseRange reads "bytes=A-B" or "bytes=A-". Anything else is no range, and the
// whole blob is meant (RFC 9110, 14.2; Azure knows neither suffixes nor several ranges).
func parseRange(s string) (byteRange, bool) {
	s, isBytes := strings.CutPrefix(s, "bytes=")
	first, last, isRange := strings.Cut(s, "-")
	from, err := parseOffset(first)
	if !isBytes || !isRange || err != nil {
		return byteRange{}, false
	}
	if last == "" {
		return byteRange{from, maxOffset}, true
	}
	to, err := parseOffset(last)
	if err != nil || to < from {
		return byteRange{}, false
	}
	return byteRange{from, min(to, maxOffset-1) + 1}, true
}

// parseOffset takes digits only.
func parseOffset(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// rangeOf gives the range that a call asks for; x-ms-range goes over Range.
func rangeOf(h http.Header) (byteRange, bool) {
	if r := h.Get("x-ms-range"); r != "" {
		return parseRange(r)
	}
	return parseRange(h.Get("Range"))
}
