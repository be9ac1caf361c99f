package chat;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.openwebui.Deployment;
import com.pulumi.openwebui.DeploymentArgs;
import com.pulumi.openwebui.inputs.ValkeyArgs;
import com.pulumi.openwebui.inputs.WebUIAdminArgs;
import com.pulumi.openwebui.inputs.WebUIArgs;
import com.pulumi.openwebui.inputs.WebUIPublishArgs;
import java.util.Map;

/** A chat on Docker, in Java. */
public class App {
    public static void main(String[] args) {
        Pulumi.run(App::deploy);
    }

    static void deploy(Context context) {
        var config = context.config();
        var valkey = ValkeyArgs.builder();
        config.get("valkeyImage").ifPresent(valkey::image);
        var webui = WebUIArgs.builder()
            .publish(WebUIPublishArgs.builder().port(config.requireInteger("port")).build())
            .admin(WebUIAdminArgs.builder().email("you@example.com").build())
            .env(Map.of("WEBUI_NAME", config.require("name")))
            .secretEnv(config.requireSecret("openaiKey").applyValue(key -> Map.of("OPENAI_API_KEY", key)));
        config.get("webuiImage").ifPresent(webui::image);

        var chat = new Deployment("chat", DeploymentArgs.builder()
            .valkey(valkey.build())
            .webui(webui.build())
            .build());

        context.export("url", chat.url());
        context.export("adminEmail", chat.adminEmail());
        context.export("adminPassword", chat.adminPassword());
    }
}
