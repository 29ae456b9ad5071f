package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"portico/internal/policy"
)

// maxEventFile is the length in bytes at which a logger's file is put aside, in
// the place of the one that was put aside before.
const maxEventFile = 32 << 20

// eventFiles are the files of loggers, one JSON object a line.
type eventFiles struct {
	dir string // "" keeps none
	now func() time.Time

	mu   sync.Mutex
	open map[string]*eventFile // by the logger's id
}

type eventFile struct {
	file *os.File
	size int64
}

// eventLine is one line of a logger's file.
type eventLine struct {
	Time         time.Time `json:"time"`
	RequestID    string    `json:"requestId"`
	PartitionKey string    `json:"partitionKey,omitempty"`
	PartitionID  string    `json:"partitionId,omitempty"`
	Text         string    `json:"text"`
}

// append writes an event into the logger's file. Ids are names of records, so
// they are names of files too.
func (f *eventFiles) append(id string, e policy.Event) error {
	if f.dir == "" {
		return errors.New("this gateway has no folder for the files of loggers")
	}
	line, err := json.Marshal(eventLine{Time: f.now().UTC(), RequestID: e.RequestID, PartitionKey: e.PartitionKey, PartitionID: e.PartitionID, Text: e.Text})
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	to, err := f.file(id, int64(len(line))+1)
	if err != nil {
		return err
	}
	n, err := to.file.Write(append(line, '\n'))
	to.size += int64(n)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return nil
}

// file gives the logger's file with room for so many bytes more.
func (f *eventFiles) file(id string, more int64) (*eventFile, error) {
	path := filepath.Join(f.dir, id+".jsonl")
	if to := f.open[id]; to != nil {
		if to.size+more <= maxEventFile {
			return to, nil
		}
		delete(f.open, id)
		if err := errors.Join(to.file.Close(), os.Rename(path, path+".1")); err != nil {
			return nil, fmt.Errorf("put a logger's file aside: %w", err)
		}
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of loggers' files: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a logger's file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if f.open == nil {
		f.open = map[string]*eventFile{}
	}
	f.open[id] = &eventFile{file: file, size: info.Size()}
	return f.open[id], nil
}

// close closes the files; what is logged later opens them again.
func (f *eventFiles) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, to := range f.open {
		_ = to.file.Close() // every line was written as it came
		delete(f.open, id)
	}
}
