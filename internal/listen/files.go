package listen

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// filePairs are the certificates of one listener.
type filePairs []*filePair

func newFilePairs(certs, keys []string) (filePairs, error) {
	var pairs filePairs
	for i := range certs {
		p, err := newFilePair(certs[i], keys[i])
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// get gives the certificate for the host that a client asks for; the first one
// where none is for it, or the client names no host.
func (ps filePairs) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	first, err := ps[0].get()
	if len(ps) == 1 || err != nil || hello.ServerName == "" {
		return first, err
	}
	for _, p := range ps {
		c, err := p.get()
		if err == nil && c.Leaf.VerifyHostname(hello.ServerName) == nil {
			return c, nil
		}
	}
	return first, nil
}

// filePair is a certificate in files, read again when either file changes. A
// pair that cannot be read leaves the one before in use.
type filePair struct {
	certFile, keyFile string

	mu      sync.Mutex
	checked time.Time
	stamp   [2]fileStamp
	current *tls.Certificate
}

type fileStamp struct {
	changed time.Time
	size    int64
}

// RecheckEvery is how often the files are looked at, while connections arrive.
const RecheckEvery = time.Second

func newFilePair(certFile, keyFile string) (*filePair, error) {
	p := &filePair{certFile: certFile, keyFile: keyFile}
	return p, p.reload()
}

func (p *filePair) get() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.checked) >= RecheckEvery {
		_ = p.reload() // half-written files are common while they are replaced: keep the pair we have
	}
	return p.current, nil
}

func (p *filePair) reload() error {
	p.checked = time.Now()
	stamp := [2]fileStamp{stampOf(p.certFile), stampOf(p.keyFile)}
	if p.current != nil && stamp == p.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		return fmt.Errorf("the certificate %s with the key %s cannot be used: %w", p.certFile, p.keyFile, err)
	}
	p.current, p.stamp = &pair, stamp
	return nil
}

func stampOf(file string) fileStamp {
	info, err := os.Stat(file)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{changed: info.ModTime(), size: info.Size()}
}
