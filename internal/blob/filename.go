package blob

import (
	"path/filepath"
	"strconv"
	"strings"
)

// A key becomes a path below the root. Its parts between slashes are folders,
// the last a file. Bytes other than a-z, 0-9, '-' and '_' are written as %XX,
// so that keys differ on file systems that fold case, and no part is "..". A long
// part is cut into nested folders. The last byte of each name tells what it is:
//
//	=  a folder: the whole of a part, or the end of one
//	+  a folder: a part that goes on in the next name
//	@  the file: the end of the last part
const (
	folderEnd  byte = '='
	folderPart byte = '+'
	fileEnd    byte = '@'
	maxName         = 200 // bytes, without the mark; file systems take 255
)

// fileName gives the path for a key.
func fileName(key string) string {
	parts := strings.Split(key, "/")
	var names []string
	for i, part := range parts {
		name := escape(part)
		for len(name) > maxName {
			names = append(names, name[:maxName]+string(folderPart))
			name = name[maxName:]
		}
		mark := folderEnd
		if i == len(parts)-1 {
			mark = fileEnd
		}
		names = append(names, name+string(mark))
	}
	return filepath.Join(names...)
}

// keyPart undoes fileName for one name: it gives what the name adds to the escaped key, and its mark.
func keyPart(name string) (part string, mark byte, ok bool) {
	if name == "" {
		return "", 0, false
	}
	body, mark := name[:len(name)-1], name[len(name)-1]
	switch mark {
	case folderEnd:
		return body + "/", mark, true
	case folderPart, fileEnd:
		return body, mark, true
	}
	return "", 0, false
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// unescape undoes escape; '/' stands for itself.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case plain(c) || c == '/':
			b.WriteByte(c)
		case c == '%' && i+2 < len(s):
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			b.WriteByte(byte(n))
			i += 2
		default:
			return "", false
		}
	}
	return b.String(), true
}
