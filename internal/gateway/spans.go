package gateway

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"portico/internal/policy"
)

// Spans makes an OpenTelemetry span of sampled calls. A call that comes with a
// W3C trace context is sampled as its caller decided, others by a ratio.
type Spans struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// OpenSpans sends spans to an OTLP endpoint over HTTP, such as http://127.0.0.1:4318.
// Close must be called in the end.
func OpenSpans(ctx context.Context, endpoint string, ratio float64, service string, log *slog.Logger) (*Spans, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, err
	}
	return newSpans(&toldExporter{SpanExporter: exporter, log: log}, ratio, service), nil
}

func newSpans(exporter sdktrace.SpanExporter, ratio float64, service string) *Spans {
	p := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", service))),
		sdktrace.WithBatcher(exporter)) // a bounded queue: what does not fit is dropped
	return &Spans{provider: p, tracer: p.Tracer("portico/gateway")}
}

// closeSpans is how long the end waits for what is still to be sent.
const closeSpans = 5 * time.Second

// Close sends what waits.
func (s *Spans) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeSpans)
	defer cancel()
	return s.provider.Shutdown(ctx)
}

// toldExporter logs when sending spans begins to fail, not each time.
type toldExporter struct {
	sdktrace.SpanExporter
	log     *slog.Logger
	failing atomic.Bool
}

func (e *toldExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if before := e.failing.Swap(err != nil); err != nil && !before {
		e.log.Warn("spans could not be sent", "error", err)
	}
	return nil // it has been told
}

// headerCarrier gives a call's headers to the propagator.
type headerCarrier struct{ headers *policy.Headers }

func (c headerCarrier) Get(name string) string { return c.headers.Get(name) }
func (c headerCarrier) Set(name, value string) { c.headers.Set(name, value) }
func (c headerCarrier) Keys() []string         { return nil }

// begin starts the span of a call, if it is sampled, and makes it the parent of
// what the backend does. nil Spans, and calls that are not sampled, have none.
func (s *Spans) begin(x *policy.Exchange) trace.Span {
	if s == nil {
		return nil
	}
	carrier := headerCarrier{&x.Request.Headers}
	ctx := propagation.TraceContext{}.Extract(x.Context, carrier)
	ctx, span := s.tracer.Start(ctx, x.Request.Method, trace.WithTimestamp(x.Start), trace.WithSpanKind(trace.SpanKindServer))
	if !span.IsRecording() {
		return nil
	}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return span
}

// endSpan says what became of a call.
func endSpan(span trace.Span, x *policy.Exchange, status int) {
	if span == nil {
		return
	}
	if x.Operation != nil {
		span.SetName(x.Request.Method + " " + x.Operation.URLTemplate)
	}
	span.SetAttributes(attribute.String("http.request.method", x.Request.Method), attribute.String("url.scheme", x.Request.Scheme),
		attribute.String("url.path", x.Request.Path), attribute.String("client.address", x.Request.RemoteIP), attribute.Int("http.response.status_code", status),
		attribute.String("portico.request_id", x.RequestID), attribute.String("portico.api", x.APIID), attribute.String("portico.operation", x.OperationID),
		attribute.String("portico.product", x.ProductID), attribute.Int64("portico.backend_ms", x.BackendElapsed.Milliseconds()))
	if status >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
