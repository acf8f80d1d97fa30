import java.util.ArrayList;
import java.util.List;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;

/** Calls the Kotlin compiler several times in one JVM: each call's arguments are followed by "--". */
class Compile {
    public static void main(String[] arguments) {
        List<String> call = new ArrayList<>();
        for (String argument : arguments) {
            if (!argument.equals("--")) {
                call.add(argument);
                continue;
            }
            ExitCode code = new K2JVMCompiler().exec(System.err, call.toArray(String[]::new));
            if (code != ExitCode.OK) System.exit(1);
            call.clear();
        }
        System.exit(0);
    }
}
