// A DNS webhook as people build them: cert-manager's own library around a solver, which keeps its records in memory and
// shows them at /records of a port of its own.
package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/cert-manager/cert-manager/pkg/acme/webhook/apis/acme/v1alpha1"
	"github.com/cert-manager/cert-manager/pkg/acme/webhook/cmd"
	restclient "k8s.io/client-go/rest"
)

type memory struct {
	lock     sync.Mutex
	Records  map[string][]string
	Requests []*v1alpha1.ChallengeRequest
}

func (m *memory) Name() string { return "memory" }

func (m *memory) Initialize(*restclient.Config, <-chan struct{}) error { return nil }

func (m *memory) Present(ch *v1alpha1.ChallengeRequest) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.Requests = append(m.Requests, ch)
	if ch.ResolvedZone != "example.com." {
		return errors.New("no zone " + ch.ResolvedZone)
	}
	if !slices.Contains(m.Records[ch.ResolvedFQDN], ch.Key) {
		m.Records[ch.ResolvedFQDN] = append(m.Records[ch.ResolvedFQDN], ch.Key)
	}
	return nil
}

func (m *memory) CleanUp(ch *v1alpha1.ChallengeRequest) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.Records[ch.ResolvedFQDN] = slices.DeleteFunc(m.Records[ch.ResolvedFQDN], func(key string) bool { return key == ch.Key })
	return nil
}

func (m *memory) ServeHTTP(response http.ResponseWriter, _ *http.Request) {
	m.lock.Lock()
	defer m.lock.Unlock()
	_ = json.NewEncoder(response).Encode(m)
}

func main() {
	solver := &memory{Records: map[string][]string{}}
	go func() { panic(http.ListenAndServe(os.Getenv("RECORDS_ADDRESS"), solver)) }()
	cmd.RunWebhookServer(os.Getenv("GROUP_NAME"), solver)
}
