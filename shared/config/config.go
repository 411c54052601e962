// Package config reads a function's environment, once, and says what it names. What is missing is reported all together.
//
//	CONVOC_ORIGIN            public origin of the pages: https://convoc.exemple.fr
//	CONVOC_FILES_ORIGIN      public origin of the documents
//	CONVOC_ORIGIN_SECRET     what the distribution in front sends with each request; the API itself is public
//	CONVOC_FROM              address from which the mails leave
//	CONVOC_UNDO              how long a sending can be taken back: 30s
//	CONVOC_TABLE_DATA        DynamoDB tables
//	CONVOC_TABLE_ACCOUNTS
//	CONVOC_TABLE_AGENDA
//	CONVOC_FILES_BUCKET      S3 bucket of the documents
//	CONVOC_COLLECTIVITY_ROLE role that is taken for each collectivité, with its rights only; « none »: the function's own
//	CONVOC_QUEUE_<FUNCTION>  SQS queue of a function's bells: CONVOC_QUEUE_DELIVER_MAIL
//	CONVOC_MAIL_EVENTS       SES configuration set whose events tell what became of a mail
//
// Region and credentials come from the variables that Lambda sets. AWS_ENDPOINT_URL, or AWS_ENDPOINT_URL_<SERVICE>
// before it, names another address of a service, for tests.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a function's image has no zones

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"convoc/shared/collectivity"
)

// Environment is a function's environment.
type Environment struct {
	getenv  func(string) string
	client  *http.Client
	missing []string
	once    sync.Once
	session func(collectivity.ID) aws.CredentialsProvider // made once
}

// Read begins to read an environment.
func Read(getenv func(string) string) *Environment {
	return &Environment{getenv: getenv, client: client()}
}

// client is shared by all services of a function: connections stay open between two calls of it. An answer that does
// not begin within ten seconds will not come.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second,
		MaxIdleConnsPerHost:   64,
		// a function may be frozen between two events: an older connection may be dead at its other end, and what is
		// written to it is lost without anybody knowing
		IdleConnTimeout: 10 * time.Second,
	}}
}

// Text reads a variable that must be there; [Environment.Err] reports it when it is not.
func (e *Environment) Text(name string) string {
	value := e.getenv(name)
	if value == "" && !slices.Contains(e.missing, name) {
		e.missing = append(e.missing, name)
	}
	return value
}

// Duration reads a length of time, which must be there; one that cannot be read counts as missing.
func (e *Environment) Duration(name string) time.Duration {
	d, err := time.ParseDuration(e.getenv(name))
	if err != nil {
		e.missing = append(e.missing, name)
	}
	return d
}

// Err reports all variables that were asked for and are missing, together.
func (e *Environment) Err() error {
	var all []error
	for _, name := range e.missing {
		all = append(all, fmt.Errorf("%s is missing", name))
	}
	return errors.Join(all...)
}

// Start answers events with a handler until the process is ended. Without what was asked for it ends at once, and says
// all that is missing.
func (e *Environment) Start(handler any) {
	if err := e.Err(); err != nil {
		log.Fatal(err)
	}
	lambda.Start(handler)
}

// AWS is the configuration for one service: region and credentials as Lambda sets them. It is made by hand, because
// finding them out costs a third of a cold start.
func (e *Environment) AWS(service string) aws.Config {
	cfg := aws.Config{
		Region: e.Text("AWS_REGION"), HTTPClient: e.client,
		Credentials: credentials.NewStaticCredentialsProvider(
			e.Text("AWS_ACCESS_KEY_ID"), e.Text("AWS_SECRET_ACCESS_KEY"), e.getenv("AWS_SESSION_TOKEN")),
	}
	name := "AWS_ENDPOINT_URL_" + strings.ToUpper(service)
	if endpoint := cmp.Or(e.getenv(name), e.getenv("AWS_ENDPOINT_URL")); endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	return cfg
}
