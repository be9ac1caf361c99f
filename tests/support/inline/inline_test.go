package main

import (
	"flag"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// TestInline runs the program by Pulumi's Automation API, for a machine without the language host of Go: up, preview or destroy, and a stack.
func TestInline(t *testing.T) {
	ctx, command, name := t.Context(), flag.Arg(0), flag.Arg(1)
	stack, err := auto.UpsertStackInlineSource(ctx, name, "chat-in-go", deploy, auto.WorkDir("."))
	if err != nil {
		t.Fatal(err)
	}
	switch command {
	case "up":
		_, err = stack.Up(ctx, optup.ProgressStreams(os.Stdout))
	case "preview":
		_, err = stack.Preview(ctx, optpreview.ProgressStreams(os.Stdout))
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.ProgressStreams(os.Stdout))
	}
	if err != nil {
		t.Fatal(err)
	}
}
