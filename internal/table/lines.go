package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"portico/internal/fault"
)

// lines cuts a text file into lines, for the formats in which a row is one.
type lines struct {
	src  *bufio.Reader
	buf  []byte
	line int // the number of the line that was read last, from 1
	row  int // the number of its row; 0 before the first
}

func newLines(src io.Reader) *lines {
	return &lines{src: bufio.NewReaderSize(src, bufferSize)}
}

// next gives the next line without its end, good until the one after is read, and io.EOF after the last.
func (l *lines) next() ([]byte, error) {
	l.buf = l.buf[:0]
	l.line++
	for {
		part, err := l.src.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if len(l.buf) > MaxRowBytes {
				return nil, l.bad(fault.TooLarge, "it is longer than %d bytes", MaxRowBytes)
			}
			continue
		case errors.Is(err, io.EOF) && len(l.buf) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read the file: %w", err)
		}
		text := bytes.TrimRight(l.buf, "\r\n")
		if l.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		switch {
		case bytes.IndexByte(text, 0) >= 0:
			return nil, l.bad(fault.Invalid, "it holds a NUL byte")
		case !utf8.Valid(text):
			return nil, l.bad(fault.Invalid, "it is not UTF-8")
		}
		return text, nil
	}
}

// bad is an error about the line that was read last.
func (l *lines) bad(k fault.Kind, format string, args ...any) error {
	if l.row == 0 {
		return fault.New(k, "header (line %d): %s", l.line, fmt.Sprintf(format, args...))
	}
	return fault.New(k, "row %d (line %d): %s", l.row, l.line, fmt.Sprintf(format, args...))
}
